with days as (
    select d.calendar_date
    from dim_dates as d cross join (select min(first_date) as first, max(last_date) as last from coverage) as c
    where d.calendar_date between c.first and c.last
),
ordered as (
    select
        order_date,
        count(case when is_qualifying then 1 end) as total_orders,
        sum(case when is_qualifying then item_quantity end) as items_sold,
        count(case when is_cancelled then 1 end) as cancelled_orders,
        count(case when is_cancelled and is_qualifying then 1 end) as orders_cancelled_after_payment
    from fact_orders
    group by order_date
),
online as (
    select conversion_date, count(*) as online_orders from fact_orders
    where is_qualifying and is_online
    group by conversion_date
),
visited as (
    select
        session_date,
        count(*) as sessions,
        count(case when has_order then 1 end) as sessions_with_order,
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
        coalesce(o.total_orders, 0) as total_orders,
        coalesce(n.online_orders, 0) as online_orders,
        coalesce(v.visitors_of_day, 0) as visitors_of_day,
        coalesce(v.visitors_of_week, 0) as visitors_of_week,
        coalesce(v.visitors_of_month, 0) as visitors_of_month,
        coalesce(v.visitors_of_quarter, 0) as visitors_of_quarter,
        coalesce(v.visitors_of_year, 0) as visitors_of_year,
        cast(coalesce(o.items_sold, 0) as decimal(18, 3)) as items_sold,
        coalesce(o.cancelled_orders, 0) as cancelled_orders,
        coalesce(o.orders_cancelled_after_payment, 0) as orders_cancelled_after_payment,
        coalesce(v.sessions, 0) as sessions,
        coalesce(v.sessions_with_order, 0) as sessions_with_order
    from days as d
    left join ordered as o on o.order_date = d.calendar_date
    left join online as n on n.conversion_date = d.calendar_date
    left join visited as v on v.session_date = d.calendar_date
)
select
    *,
    total_orders + cancelled_orders - orders_cancelled_after_payment as placed_orders,
    cast(online_orders as double) / nullif(visitors_of_day, 0) as order_conversion_rate,
    cast(items_sold as double) / nullif(total_orders, 0) as items_per_order,
    cast(cancelled_orders as double)
        / nullif(total_orders + cancelled_orders - orders_cancelled_after_payment, 0) as cancellation_rate,
    cast(sessions_with_order as double) / nullif(sessions, 0) as session_conversion_rate
from filled
