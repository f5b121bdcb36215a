with days as (
    select d.calendar_date
    from dim_dates as d cross join (select min(first_date) as first, max(last_date) as last from coverage) as c
    where d.calendar_date between c.first and c.last
),
paid as (
    select
        attempt_date,
        sum(case when is_successful then amount end) as total_payments,
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
    cast(successful_payments as double) / nullif(successful_payments + failed_payments, 0) as payment_success_rate
from filled
