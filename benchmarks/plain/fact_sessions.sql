with placed as (
    select session_key, cast(count(*) as int) as order_count from fact_orders
    where is_qualifying and is_online and session_key is not null
    group by session_key
),
dated as (
    select
        *,
        substring(sha2(session_id, 256), 1, 32) as session_key,
        substring(sha2(visitor_id, 256), 1, 32) as visitor_key,
        from_utc_timestamp(started_at, 'Europe/Berlin') as local_time,
        cast(from_utc_timestamp(started_at, 'Europe/Berlin') as date) as session_date
    from sessions
),
followed as (
    select *, lag(session_date) over (partition by visitor_key order by started_at, session_id) as date_before
    from dated
)
select
    s.session_key,
    s.session_id,
    s.visitor_key,
    case when s.customer_id is null then '-1' else substring(sha2(s.customer_id, 256), 1, 32) end as customer_key,
    s.customer_id,
    s.started_at,
    s.session_date,
    cast(extract(hour from s.local_time) as int) as session_hour,
    coalesce(s.marketing_channel, 'unknown') as marketing_channel,
    coalesce(s.device_type, 'unknown') as device_type,
    coalesce(s.country_code, 'ZZ') as country_code,
    s.page_view_count,
    coalesce(p.order_count, 0) as order_count,
    p.order_count is not null as has_order,
    s.date_before is null or s.date_before < s.session_date as is_first_of_day,
    s.date_before is null or s.date_before < date_trunc('week', s.session_date) as is_first_of_week,
    s.date_before is null or s.date_before < date_trunc('month', s.session_date) as is_first_of_month,
    s.date_before is null or s.date_before < date_trunc('quarter', s.session_date) as is_first_of_quarter,
    s.date_before is null or s.date_before < date_trunc('year', s.session_date) as is_first_of_year,
    cast(date_trunc('week', s.session_date) as date) as session_week
from followed as s
left join placed as p on p.session_key = s.session_key
