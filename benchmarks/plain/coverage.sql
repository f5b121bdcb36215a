with facts as (
    select 'fact_orders' as table_name, count(*) as row_count, min(order_date) as first_date, max(order_date) as last_date
    from fact_orders
    union all
    select 'fact_order_lines', count(*), min(order_date), max(order_date) from fact_order_lines
    union all
    select 'fact_payments', count(*), min(attempt_date), max(attempt_date) from fact_payments
    union all
    select 'fact_refunds', count(*), min(refund_date), max(refund_date) from fact_refunds
    union all
    -- Accounts that were there before the first order are none of the shop's days.
    select 'fact_registrations', count(*), min(case when is_since then registration_date end),
        max(case when is_since then registration_date end)
    from (
        select r.registration_date, r.registration_date >= o.first_date as is_since
        from fact_registrations as r cross join (select min(order_date) as first_date from fact_orders) as o
    ) as dated
    union all
    select 'fact_sessions', count(*), min(session_date), max(session_date) from fact_sessions
)

select
    table_name,
    row_count,
    first_date,
    last_date,
    -- There is a file of everything for every day, be it without a row.
    min(first_date) over () as first_known_date,
    max(last_date) over () as last_known_date
from facts
