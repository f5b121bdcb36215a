with sold as (
    select product_id, max_by(product_name, updated_at) as sold_name from order_lines
    where product_id is not null
    group by product_id
),
named as (
    select
        coalesce(p.product_id, s.product_id) as product_id,
        p.product_id is null as is_inferred,
        p.sku,
        coalesce(p.product_name, s.sold_name, 'Unknown product') as product_name,
        coalesce(p.category, 'unknown') as category,
        coalesce(p.subcategory, 'unknown') as subcategory,
        p.brand,
        p.unit_price_amount,
        p.unit_cost_amount,
        p.currency_code,
        p.is_active
    from products as p
    full join sold as s on s.product_id = p.product_id
)
select substring(sha2(product_id, 256), 1, 32) as product_key, * from named
union all
select '-1', null, true, null, 'Unknown product', 'unknown', 'unknown', null, null, null, null, null
