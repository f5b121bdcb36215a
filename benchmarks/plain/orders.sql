select
    order_id,
    customer_id,
    nullif(lower(trim(email)), '') as email,
    session_id,
    cast(ordered_at as timestamp) as ordered_at,
    status,
    cast(paid_at as timestamp) as paid_at,
    cast(cancelled_at as timestamp) as cancelled_at,
    cast(is_test as boolean) as is_test,
    sales_channel,
    sales_channel in ('web', 'app') as is_online,
    upper(trim(currency)) as currency_code,
    cast(order_discount as decimal(18, 2)) as discount_amount,
    cast(shipping as decimal(18, 2)) as shipping_amount,
    cast(tax as decimal(18, 2)) as tax_amount,
    upper(trim(shipping_country)) as country_code,
    coupon_code,
    cast(updated_at as timestamp) as updated_at
from (
    select *, row_number() over (partition by order_id order by updated_at desc) as newest from landing_orders
) as versions
where newest = 1
