with days as (
    select d.calendar_date
    from dim_dates as d cross join (select min(first_date) as first, max(last_date) as last from coverage) as c
    where d.calendar_date between c.first and c.last
),
sold as (
    select
        order_date,
        count(*) as total_orders,
        sum(total_amount) as total_revenue,
        sum(gross_amount) as gross_sales,
        sum(discount_amount) as discounts,
        sum(shipping_amount) as shipping_revenue,
        sum(tax_amount) as tax_collected
    from fact_orders
    where is_qualifying
    group by order_date
),
online as (
    select conversion_date, sum(total_amount) as online_revenue from fact_orders
    where is_qualifying and is_online
    group by conversion_date
),
costed as (
    select
        order_date,
        sum(cost_amount) as cost_of_goods,
        sum(case when cost_amount is not null then gross_amount end) as costed_gross_sales,
        sum(case when cost_amount is not null then discount_amount end) as costed_discounts
    from fact_order_lines
    where is_qualifying
    group by order_date
),
refunded as (
    select refund_date, sum(refund_amount) as refunds, sum(goods_amount) as refunded_goods from fact_refunds
    group by refund_date
),
visited as (
    select
        session_date,
        count(case when is_first_of_day then 1 end) as visitors_of_day,
        count(case when is_first_of_week then 1 end) as visitors_of_week,
        count(case when is_first_of_month then 1 end) as visitors_of_month,
        count(case when is_first_of_quarter then 1 end) as visitors_of_quarter,
        count(case when is_first_of_year then 1 end) as visitors_of_year
    from fact_sessions
    group by session_date
),
filled as (
    select
        d.calendar_date,
        coalesce(s.total_orders, 0) as total_orders,
        coalesce(v.visitors_of_day, 0) as visitors_of_day,
        coalesce(v.visitors_of_week, 0) as visitors_of_week,
        coalesce(v.visitors_of_month, 0) as visitors_of_month,
        coalesce(v.visitors_of_quarter, 0) as visitors_of_quarter,
        coalesce(v.visitors_of_year, 0) as visitors_of_year,
        cast(coalesce(s.total_revenue, 0) as decimal(18, 2)) as total_revenue,
        cast(coalesce(s.gross_sales, 0) as decimal(18, 2)) as gross_sales,
        cast(coalesce(s.discounts, 0) as decimal(18, 2)) as discounts,
        cast(coalesce(s.shipping_revenue, 0) as decimal(18, 2)) as shipping_revenue,
        cast(coalesce(s.tax_collected, 0) as decimal(18, 2)) as tax_collected,
        cast(coalesce(c.cost_of_goods, 0) as decimal(18, 2)) as cost_of_goods,
        cast(coalesce(c.costed_gross_sales, 0) as decimal(18, 2)) as costed_gross_sales,
        cast(coalesce(c.costed_discounts, 0) as decimal(18, 2)) as costed_discounts,
        cast(coalesce(r.refunds, 0) as decimal(18, 2)) as refunds,
        cast(coalesce(r.refunded_goods, 0) as decimal(18, 2)) as refunded_goods,
        cast(coalesce(o.online_revenue, 0) as decimal(18, 2)) as online_revenue
    from days as d
    left join sold as s on s.order_date = d.calendar_date
    left join online as o on o.conversion_date = d.calendar_date
    left join costed as c on c.order_date = d.calendar_date
    left join refunded as r on r.refund_date = d.calendar_date
    left join visited as v on v.session_date = d.calendar_date
)
select
    *,
    'EUR' as currency_code,
    cast(costed_gross_sales - costed_discounts as decimal(18, 2)) as costed_sales,
    cast(costed_gross_sales - costed_discounts - cost_of_goods as decimal(18, 2)) as gross_margin,
    cast(costed_gross_sales - costed_discounts - cost_of_goods as double)
        / nullif(cast(costed_gross_sales - costed_discounts as double), 0) as gross_margin_rate,
    cast(total_revenue as double) / nullif(total_orders, 0) as average_order_value,
    cast(refunds as double) / nullif(cast(total_revenue as double), 0) as refund_rate,
    cast(gross_sales - discounts - refunded_goods as decimal(18, 2)) as net_sales,
    cast(total_revenue - refunds as decimal(18, 2)) as net_revenue,
    cast(online_revenue as double) / nullif(visitors_of_day, 0) as revenue_per_visitor
from filled
