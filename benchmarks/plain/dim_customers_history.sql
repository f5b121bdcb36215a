with described as (
    select
        *,
        concat_ws('|', coalesce(gender, ''), coalesce(country_code, ''), coalesce(region, ''), coalesce(city, ''),
            coalesce(acquisition_channel, ''), coalesce(cast(has_marketing_consent as string), '')) as state
    from customer_versions
),
compared as (
    select *, lag(state) over (partition by customer_id order by updated_at) as state_before from described
),
changed as (
    select
        *,
        row_number() over (partition by customer_id order by updated_at) as place,
        lead(updated_at) over (partition by customer_id order by updated_at) as next_change
    from compared
    where state_before is null or state_before <> state
),
dated as (
    select *, case when place = 1 then timestamp '1900-01-01 00:00:00' else updated_at end as valid_from from changed
)
select
    substring(sha2(customer_id || '|' || cast(valid_from as string), 256), 1, 32) as history_key,
    substring(sha2(customer_id, 256), 1, 32) as customer_key,
    customer_id,
    valid_from,
    coalesce(next_change, timestamp '9999-01-01 00:00:00') as valid_to,
    next_change is null as is_current,
    gender,
    coalesce(country_code, 'ZZ') as country_code,
    region,
    city,
    acquisition_channel,
    has_marketing_consent
from dated
