with dated as (
    select
        f.*,
        o.order_key,
        o.order_date,
        coalesce(o.customer_key, '-1') as customer_key,
        coalesce(o.sales_channel, 'unknown') as sales_channel,
        coalesce(o.country_code, 'ZZ') as country_code,
        case when o.transaction_currency_code = f.currency_code then o.exchange_rate end as order_rate,
        cast(from_utc_timestamp(f.refunded_at, 'Europe/Berlin') as date) as refund_date
    from refunds as f
    left join fact_orders as o on o.order_id = f.order_id
),
rated as (
    select
        f.*,
        cast(
            case when f.currency_code = 'EUR' then 1 else coalesce(f.order_rate, r.exchange_rate) end as decimal(18, 8)
        ) as exchange_rate
    from dated as f
    left join dim_exchange_rates as r on r.currency_code = f.currency_code and r.rate_date = f.refund_date
),
converted as (
    select
        refund_id, order_id, order_line_id, refunded_at, reason, order_key, order_date, customer_key, sales_channel,
        country_code, refund_date, exchange_rate,
        currency_code as transaction_currency_code,
        cast(round(goods_amount * exchange_rate, 2) as decimal(18, 2)) as goods_amount,
        cast(round(shipping_amount * exchange_rate, 2) as decimal(18, 2)) as shipping_amount,
        cast(round(tax_amount * exchange_rate, 2) as decimal(18, 2)) as tax_amount
    from rated
    where exchange_rate is not null
)
select
    substring(sha2(refund_id, 256), 1, 32) as refund_key,
    refund_id,
    order_key,
    case when order_line_id is not null then substring(sha2(order_line_id, 256), 1, 32) end as order_line_key,
    customer_key,
    refunded_at,
    refund_date,
    order_date,
    sales_channel,
    country_code,
    goods_amount,
    shipping_amount,
    tax_amount,
    cast(goods_amount + shipping_amount + tax_amount as decimal(18, 2)) as refund_amount,
    'EUR' as currency_code,
    exchange_rate,
    transaction_currency_code,
    reason,
    cast(date_trunc('week', refund_date) as date) as refund_week
from converted
