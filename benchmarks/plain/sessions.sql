select
    session_id,
    visitor_id,
    customer_id,
    cast(started_at as timestamp) as started_at,
    channel as marketing_channel,
    device as device_type,
    upper(trim(country_code)) as country_code,
    cast(page_views as int) as page_view_count
from (
    select *, row_number() over (partition by session_id order by started_at desc) as newest from landing_sessions
) as versions
where newest = 1
