select distinct
    product_id,
    sku,
    product_name,
    category,
    subcategory,
    brand,
    cast(unit_price as decimal(18, 4)) as unit_price_amount,
    cast(unit_cost as decimal(18, 4)) as unit_cost_amount,
    upper(trim(currency)) as currency_code,
    cast(is_active as boolean) as is_active,
    cast(updated_at as timestamp) as updated_at
from landing_products
