select
    product_id, sku, product_name, category, subcategory, brand, unit_price_amount, unit_cost_amount, currency_code,
    is_active, updated_at
from (
    select *, row_number() over (partition by product_id order by updated_at desc) as newest from product_versions
) as versions
where newest = 1
