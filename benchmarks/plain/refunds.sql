select
    refund_id,
    order_id,
    order_line_id,
    payment_id,
    cast(refunded_at as timestamp) as refunded_at,
    cast(goods_amount as decimal(18, 2)) as goods_amount,
    cast(shipping_amount as decimal(18, 2)) as shipping_amount,
    cast(tax_amount as decimal(18, 2)) as tax_amount,
    upper(trim(currency)) as currency_code,
    reason,
    cast(updated_at as timestamp) as updated_at
from (
    select *, row_number() over (partition by refund_id order by updated_at desc) as newest from landing_refunds
) as versions
where newest = 1
