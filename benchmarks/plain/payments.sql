select
    payment_id,
    order_id,
    customer_id,
    cast(attempted_at as timestamp) as attempted_at,
    status,
    failure_reason,
    method as payment_method,
    provider,
    cast(amount as decimal(18, 2)) as amount,
    upper(trim(currency)) as currency_code,
    idempotency_key,
    cast(updated_at as timestamp) as updated_at
from (
    select *, row_number() over (partition by payment_id order by updated_at desc) as newest from landing_payments
) as versions
where newest = 1
