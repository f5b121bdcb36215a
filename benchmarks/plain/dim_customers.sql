with named as (
    select substring(sha2(customer_id, 256), 1, 32) as customer_key, customer_id from customers
    union all select customer_key, customer_id from fact_orders
    union all select customer_key, customer_id from fact_payments
    union all select customer_key, customer_id from fact_sessions
    union all select '-1', null
),
members as (
    select customer_key, max(customer_id) as customer_id from named group by customer_key
),
bought as (
    select
        customer_key,
        min(case when is_qualifying then order_date end) as first_order_date,
        max(case when is_qualifying then order_date end) as last_order_date,
        cast(count(case when is_qualifying then 1 end) as int) as order_count,
        cast(sum(case when is_qualifying then total_amount end) as decimal(18, 2)) as lifetime_amount,
        min(ordered_at) as first_ordered_at,
        min_by(country_code, ordered_at) as first_order_country_code
    from fact_orders
    group by customer_key
)
select
    m.customer_key,
    m.customer_id,
    case when m.customer_key = '-1' then 'unknown'
        when c.customer_id is not null then 'registered'
        when m.customer_id is not null then 'inferred'
        else 'guest' end as customer_type,
    c.gender,
    cast(extract(year from c.birth_date) as int) as birth_year,
    coalesce(c.country_code, b.first_order_country_code, 'ZZ') as country_code,
    c.region,
    c.city,
    c.acquisition_channel,
    c.has_marketing_consent,
    c.registered_at,
    cast(from_utc_timestamp(c.registered_at, 'Europe/Berlin') as date) as registration_date,
    b.first_ordered_at,
    b.first_order_country_code,
    b.first_order_date,
    b.last_order_date,
    coalesce(b.order_count, 0) as order_count,
    coalesce(b.lifetime_amount, 0) as lifetime_amount
from members as m
left join customers as c on c.customer_id = m.customer_id
left join bought as b on b.customer_key = m.customer_key
