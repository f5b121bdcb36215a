with days as (
    select d.calendar_date
    from dim_dates as d cross join (select min(first_date) as first, max(last_date) as last from coverage) as c
    where d.calendar_date between c.first and c.last
),
paid as (
    select
        attempt_date,
        sum(case when is_successful then amount end) as total_payments,
        sum(case when is_successful or is_failed then amount end) as decided_payment_amount,
        count(case when attempt_number = 1 and (is_successful or is_failed) then 1 end) as first_attempts,
        count(case when attempt_number = 1 and is_successful then 1 end) as successful_first_attempts,
        count(case when is_successful then 1 end) as successful_payments,
        count(case when is_failed then 1 end) as failed_payments,
        count(case when is_counted then 1 end) as payment_attempts
    from fact_payments
    group by attempt_date
),
filled as (
    select
        d.calendar_date,
        cast(coalesce(p.total_payments, 0) as decimal(18, 2)) as total_payments,
        cast(coalesce(p.decided_payment_amount, 0) as decimal(18, 2)) as decided_payment_amount,
        coalesce(p.first_attempts, 0) as first_attempts,
        coalesce(p.successful_first_attempts, 0) as successful_first_attempts,
        coalesce(p.successful_payments, 0) as successful_payments,
        coalesce(p.failed_payments, 0) as failed_payments,
        coalesce(p.payment_attempts, 0) as payment_attempts
    from days as d
    left join paid as p on p.attempt_date = d.calendar_date
)
select
    *,
    'EUR' as currency_code,
    successful_payments + failed_payments as decided_payments,
    payment_attempts - successful_payments - failed_payments as undecided_payments,
    cast(total_payments as double)
        / nullif(cast(decided_payment_amount as double), 0) as payment_success_rate_by_value,
    cast(successful_first_attempts as double) / nullif(first_attempts, 0) as first_attempt_success_rate,
    cast(successful_payments as double) / nullif(successful_payments + failed_payments, 0) as payment_success_rate
from filled
