select
    order_line_id,
    order_id,
    cast(line_number as int) as line_number,
    product_id,
    product_name,
    cast(quantity as decimal(18, 3)) as quantity,
    cast(unit_price as decimal(18, 4)) as unit_price_amount,
    cast(line_discount as decimal(18, 2)) as discount_amount,
    cast(updated_at as timestamp) as updated_at
from (
    select *, row_number() over (partition by order_line_id order by updated_at desc) as newest from landing_order_lines
) as versions
where newest = 1
