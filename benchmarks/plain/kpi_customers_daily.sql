with days as (
    select d.calendar_date
    from dim_dates as d cross join (select min(first_date) as first, max(last_date) as last from coverage) as c
    where d.calendar_date between c.first and c.last
),
bought as (
    select
        order_date,
        sum(case when is_qualifying then total_amount end) as total_revenue,
        count(case when is_qualifying and previous_order_date is not null then 1 end) as repeat_orders,
        sum(days_since_previous_order) as days_between_orders,
        count(case when is_first_order then 1 end) as new_customers,
        count(case when is_first_of_day then 1 end) as active_customers_of_day,
        count(case when is_first_of_week then 1 end) as active_customers_of_week,
        count(case when is_first_of_month then 1 end) as active_customers_of_month,
        count(case when is_first_of_quarter then 1 end) as active_customers_of_quarter,
        count(case when is_first_of_year then 1 end) as active_customers_of_year
    from fact_orders
    group by order_date
),
registered as (
    select
        registration_date,
        count(*) as registrations,
        count(case when has_ordered then 1 end) as registrations_with_order
    from fact_registrations
    group by registration_date
),
filled as (
    select
        d.calendar_date,
        cast(coalesce(b.total_revenue, 0) as decimal(18, 2)) as total_revenue,
        coalesce(b.repeat_orders, 0) as repeat_orders,
        cast(coalesce(b.days_between_orders, 0) as bigint) as days_between_orders,
        coalesce(r.registrations, 0) as registrations,
        coalesce(r.registrations_with_order, 0) as registrations_with_order,
        coalesce(b.new_customers, 0) as new_customers,
        coalesce(b.active_customers_of_day, 0) as active_customers_of_day,
        coalesce(b.active_customers_of_week, 0) as active_customers_of_week,
        coalesce(b.active_customers_of_month, 0) as active_customers_of_month,
        coalesce(b.active_customers_of_quarter, 0) as active_customers_of_quarter,
        coalesce(b.active_customers_of_year, 0) as active_customers_of_year
    from days as d
    left join bought as b on b.order_date = d.calendar_date
    left join registered as r on r.registration_date = d.calendar_date
)
select
    *,
    'EUR' as currency_code,
    active_customers_of_day - new_customers as returning_customers_of_day,
    active_customers_of_week - new_customers as returning_customers_of_week,
    active_customers_of_month - new_customers as returning_customers_of_month,
    active_customers_of_quarter - new_customers as returning_customers_of_quarter,
    active_customers_of_year - new_customers as returning_customers_of_year,
    cast(days_between_orders as double) / nullif(repeat_orders, 0) as average_days_between_orders,
    cast(registrations_with_order as double) / nullif(registrations, 0) as registration_to_order_rate,
    cast(new_customers as double) / nullif(active_customers_of_day, 0) as customer_acquisition_rate,
    cast(active_customers_of_day - new_customers as double) / nullif(active_customers_of_day, 0) as customer_retention_rate
from filled
