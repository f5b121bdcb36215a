with goods as (
    select
        order_id,
        cast(count(*) as int) as line_count,
        cast(sum(quantity) as decimal(18, 3)) as item_quantity,
        cast(sum(round(unit_price_amount * quantity, 2)) as decimal(18, 2)) as gross_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount
    from order_lines
    group by order_id
),
paid as (
    select order_id, min(attempted_at) as first_paid_at from payments
    where status = 'succeeded' and order_id is not null
    group by order_id
),
accounts as (
    select email, min(customer_id) as customer_id from customers where email is not null group by email
),
dated as (
    select *, from_utc_timestamp(ordered_at, 'Europe/Berlin') as local_time,
        cast(from_utc_timestamp(ordered_at, 'Europe/Berlin') as date) as order_date
    from orders
),
rated as (
    select
        o.*,
        cast(case when o.currency_code = 'EUR' then 1 else r.exchange_rate end as decimal(18, 8)) as exchange_rate
    from dated as o
    left join dim_exchange_rates as r on r.currency_code = o.currency_code and r.rate_date = o.order_date
),
priced as (
    select
        o.order_id,
        coalesce(o.customer_id, a.customer_id) as customer_id,
        o.email,
        s.session_id,
        o.ordered_at,
        o.order_date,
        cast(extract(hour from o.local_time) as int) as order_hour,
        coalesce(cast(from_utc_timestamp(s.started_at, 'Europe/Berlin') as date), o.order_date) as conversion_date,
        o.status,
        coalesce(o.paid_at, p.first_paid_at) as paid_at,
        o.cancelled_at,
        o.status = 'cancelled' or o.cancelled_at is not null as was_cancelled,
        o.status <> 'draft' and not o.is_test as is_real,
        o.is_test,
        o.is_online,
        o.sales_channel,
        coalesce(o.country_code, 'ZZ') as country_code,
        o.coupon_code,
        coalesce(g.line_count, 0) as line_count,
        coalesce(g.item_quantity, 0) as item_quantity,
        o.exchange_rate,
        o.currency_code as transaction_currency_code,
        coalesce(g.gross_amount, 0) as own_gross,
        cast(coalesce(g.discount_amount, 0) + o.discount_amount as decimal(18, 2)) as own_discount,
        o.shipping_amount as own_shipping,
        o.tax_amount as own_tax
    from rated as o
    left join goods as g on g.order_id = o.order_id
    left join paid as p on p.order_id = o.order_id
    left join sessions as s on s.session_id = o.session_id
    left join accounts as a on o.customer_id is null and a.email = o.email
    where o.exchange_rate is not null
),
converted as (
    select
        *,
        substring(
            sha2(coalesce(customer_id, 'guest:' || email, 'order:' || order_id), 256), 1, 32
        ) as customer_key,
        is_real and was_cancelled as is_cancelled,
        is_real and not (was_cancelled and (paid_at is null or coalesce(cancelled_at < paid_at, false))) as is_qualifying,
        cast(round(own_gross * exchange_rate, 2) as decimal(18, 2)) as gross_amount,
        cast(round(own_discount * exchange_rate, 2) as decimal(18, 2)) as discount_amount,
        cast(round(own_shipping * exchange_rate, 2) as decimal(18, 2)) as shipping_amount,
        cast(round(own_tax * exchange_rate, 2) as decimal(18, 2)) as tax_amount
    from priced
),
numbered as (
    select
        *,
        row_number() over (partition by customer_key, is_qualifying order by ordered_at, order_id) as place,
        lag(order_date) over (partition by customer_key, is_qualifying order by ordered_at, order_id) as date_before
    from converted
)
select
    substring(sha2(order_id, 256), 1, 32) as order_key,
    order_id,
    customer_key,
    customer_id,
    case when session_id is not null then substring(sha2(session_id, 256), 1, 32) end as session_key,
    ordered_at,
    order_date,
    order_hour,
    conversion_date,
    status,
    paid_at,
    cancelled_at,
    is_cancelled,
    is_test,
    is_qualifying,
    is_online,
    sales_channel,
    country_code,
    coupon_code,
    line_count,
    item_quantity,
    gross_amount,
    discount_amount,
    shipping_amount,
    tax_amount,
    cast(gross_amount - discount_amount + shipping_amount + tax_amount as decimal(18, 2)) as total_amount,
    'EUR' as currency_code,
    exchange_rate,
    cast(own_gross - own_discount + own_shipping + own_tax as decimal(18, 2)) as transaction_total_amount,
    transaction_currency_code,
    case when is_qualifying then cast(place as int) end as customer_order_number,
    case when is_qualifying then date_before end as previous_order_date,
    case when is_qualifying then cast(datediff(order_date, date_before) as int) end as days_since_previous_order,
    is_qualifying and place = 1 as is_first_order,
    is_qualifying and (date_before is null or date_before < order_date) as is_first_of_day,
    is_qualifying and (date_before is null or date_before < date_trunc('week', order_date)) as is_first_of_week,
    is_qualifying and (date_before is null or date_before < date_trunc('month', order_date)) as is_first_of_month,
    is_qualifying and (date_before is null or date_before < date_trunc('quarter', order_date)) as is_first_of_quarter,
    is_qualifying and (date_before is null or date_before < date_trunc('year', order_date)) as is_first_of_year,
    cast(date_trunc('week', order_date) as date) as order_week
from numbered
