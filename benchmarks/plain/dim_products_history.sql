with described as (
    select
        *,
        concat_ws('|', coalesce(sku, ''), coalesce(product_name, ''), coalesce(category, ''), coalesce(subcategory, ''),
            coalesce(brand, ''), coalesce(cast(unit_price_amount as string), ''),
            coalesce(cast(unit_cost_amount as string), ''), coalesce(currency_code, ''),
            coalesce(cast(is_active as string), '')) as state
    from product_versions
),
compared as (
    select *, lag(state) over (partition by product_id order by updated_at) as state_before from described
),
changed as (
    select
        *,
        row_number() over (partition by product_id order by updated_at) as place,
        lead(updated_at) over (partition by product_id order by updated_at) as next_change
    from compared
    where state_before is null or state_before <> state
),
dated as (
    select *, case when place = 1 then timestamp '1900-01-01 00:00:00' else updated_at end as valid_from from changed
)
select
    substring(sha2(product_id || '|' || cast(valid_from as string), 256), 1, 32) as history_key,
    substring(sha2(product_id, 256), 1, 32) as product_key,
    product_id,
    valid_from,
    coalesce(next_change, timestamp '9999-01-01 00:00:00') as valid_to,
    next_change is null as is_current,
    sku, product_name, category, subcategory, brand, unit_price_amount, unit_cost_amount, currency_code, is_active
from dated
