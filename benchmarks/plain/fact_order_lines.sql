with joined as (
    select
        o.order_id, o.order_key, o.customer_key, o.ordered_at, o.order_date, o.is_qualifying, o.sales_channel,
        o.country_code, o.exchange_rate, o.order_week,
        o.gross_amount as order_gross,
        o.discount_amount as order_discount,
        o.shipping_amount as order_shipping,
        o.tax_amount as order_tax,
        l.order_line_id,
        l.line_number as line_number_sent,
        l.product_id,
        coalesce(l.quantity, 0) as quantity,
        l.unit_price_amount,
        cast(coalesce(round(l.unit_price_amount * l.quantity, 2), 0) as decimal(18, 2)) as goods,
        cast(coalesce(round(l.discount_amount * o.exchange_rate, 2), 0) as decimal(18, 2)) as own_discount,
        cast(coalesce(round(l.unit_price_amount * l.quantity, 2) - l.discount_amount, 0) as decimal(18, 2)) as net
    from fact_orders as o
    left join order_lines as l on l.order_id = o.order_id
),
weighed as (
    select
        *,
        row_number() over (partition by order_id order by line_number_sent, order_line_id) as line_number,
        count(*) over (partition by order_id) as line_count,
        sum(goods) over (partition by order_id) as goods_sum,
        sum(net) over (partition by order_id) as net_sum,
        sum(own_discount) over (partition by order_id) as discount_sum,
        sum(goods) over (
            partition by order_id order by line_number_sent, order_line_id
            rows between unbounded preceding and current row
        ) as goods_upto,
        sum(net) over (
            partition by order_id order by line_number_sent, order_line_id
            rows between unbounded preceding and current row
        ) as net_upto
    from joined
),
-- Where the line begins and ends on the way from 0 to 1, by goods and by net amounts; odd cents fall where it rounds.
placed as (
    select
        *,
        case when goods_sum = 0 then (line_number - 1.0e0) / line_count
            else cast(goods_upto - goods as double) / cast(goods_sum as double) end as goods_from,
        case when goods_sum = 0 then (line_number + 0.0e0) / line_count
            else cast(goods_upto as double) / cast(goods_sum as double) end as goods_to,
        case when net_sum = 0 then (line_number - 1.0e0) / line_count
            else cast(net_upto - net as double) / cast(net_sum as double) end as net_from,
        case when net_sum = 0 then (line_number + 0.0e0) / line_count
            else cast(net_upto as double) / cast(net_sum as double) end as net_to
    from weighed
),
shared as (
    select
        *,
        cast(round(cast(order_gross as double) * goods_to, 2) as decimal(18, 2))
            - cast(round(cast(order_gross as double) * goods_from, 2) as decimal(18, 2)) as gross_amount,
        own_discount + cast(round(cast(order_discount - discount_sum as double) * net_to, 2) as decimal(18, 2))
            - cast(round(cast(order_discount - discount_sum as double) * net_from, 2) as decimal(18, 2)) as discount_amount,
        cast(round(cast(order_shipping as double) * net_to, 2) as decimal(18, 2))
            - cast(round(cast(order_shipping as double) * net_from, 2) as decimal(18, 2)) as shipping_amount,
        cast(round(cast(order_tax as double) * net_to, 2) as decimal(18, 2))
            - cast(round(cast(order_tax as double) * net_from, 2) as decimal(18, 2)) as tax_amount
    from placed
),
costed as (
    select
        l.*,
        h.unit_cost_amount,
        cast(case when h.currency_code = 'EUR' then 1 else r.exchange_rate end as decimal(18, 8)) as cost_rate
    from shared as l
    left join dim_products_history as h
        on h.product_id = l.product_id and l.ordered_at >= h.valid_from and l.ordered_at < h.valid_to
    left join dim_exchange_rates as r on r.currency_code = h.currency_code and r.rate_date = l.order_date
)
select
    substring(sha2(coalesce(order_line_id, 'remainder:' || order_id), 256), 1, 32) as order_line_key,
    order_line_id,
    order_key,
    order_id,
    cast(line_number as int) as line_number,
    case when product_id is null then '-1' else substring(sha2(product_id, 256), 1, 32) end as product_key,
    product_id,
    customer_key,
    order_date,
    is_qualifying,
    sales_channel,
    country_code,
    cast(quantity as decimal(18, 3)) as quantity,
    unit_price_amount,
    cast(gross_amount as decimal(18, 2)) as gross_amount,
    cast(discount_amount as decimal(18, 2)) as discount_amount,
    cast(shipping_amount as decimal(18, 2)) as shipping_amount,
    cast(tax_amount as decimal(18, 2)) as tax_amount,
    cast(gross_amount - discount_amount + shipping_amount + tax_amount as decimal(18, 2)) as total_amount,
    cast(round(cast(unit_cost_amount * quantity as decimal(19, 7)) * cost_rate, 2) as decimal(18, 2)) as cost_amount,
    'EUR' as currency_code,
    order_week
from costed
