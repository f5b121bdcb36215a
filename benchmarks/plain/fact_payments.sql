with dated as (
    select
        p.*,
        o.order_key,
        o.customer_key as order_customer_key,
        o.customer_id as order_customer_id,
        case when o.transaction_currency_code = p.currency_code then o.exchange_rate end as order_rate,
        from_utc_timestamp(p.attempted_at, 'Europe/Berlin') as local_time,
        cast(from_utc_timestamp(p.attempted_at, 'Europe/Berlin') as date) as attempt_date
    from payments as p
    left join fact_orders as o on o.order_id = p.order_id
),
rated as (
    select
        p.*,
        cast(
            case when p.currency_code = 'EUR' then 1 else coalesce(p.order_rate, r.exchange_rate) end as decimal(18, 8)
        ) as exchange_rate
    from dated as p
    left join dim_exchange_rates as r on r.currency_code = p.currency_code and r.rate_date = p.attempt_date
),
counted as (
    select
        *,
        row_number() over (
            partition by order_id, coalesce(idempotency_key, payment_id)
            order by case when status = 'succeeded' then 0 else 1 end, attempted_at, payment_id
        ) = 1 as is_counted
    from rated
    where exchange_rate is not null
),
numbered as (
    select *, row_number() over (partition by order_id, is_counted order by attempted_at, payment_id) as place
    from counted
)
select
    substring(sha2(payment_id, 256), 1, 32) as payment_key,
    payment_id,
    order_key,
    coalesce(
        case when customer_id is not null then substring(sha2(customer_id, 256), 1, 32) end, order_customer_key, '-1'
    ) as customer_key,
    coalesce(customer_id, order_customer_id) as customer_id,
    attempted_at,
    attempt_date,
    cast(extract(hour from local_time) as int) as attempt_hour,
    case when is_counted and order_id is not null then cast(place as int) end as attempt_number,
    coalesce(payment_method, 'unknown') as payment_method,
    provider,
    status,
    failure_reason,
    is_counted,
    is_counted and status = 'succeeded' as is_successful,
    is_counted and status = 'failed' as is_failed,
    cast(round(amount * exchange_rate, 2) as decimal(18, 2)) as amount,
    'EUR' as currency_code,
    exchange_rate,
    amount as transaction_amount,
    currency_code as transaction_currency_code,
    cast(date_trunc('week', attempt_date) as date) as attempt_week
from numbered
