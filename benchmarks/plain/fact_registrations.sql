select
    customer_key,
    registered_at,
    registration_date,
    coalesce(last_order_date >= registration_date, false) as has_ordered,
    first_order_date,
    cast(date_trunc('week', registration_date) as date) as registration_week
from dim_customers
where registration_date is not null
