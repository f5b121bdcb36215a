select distinct
    customer_id,
    nullif(lower(trim(email)), '') as email,
    first_name,
    last_name,
    case gender when 'diverse' then 'other' else gender end as gender,
    cast(birth_date as date) as birth_date,
    upper(trim(country_code)) as country_code,
    region,
    city,
    acquisition_channel,
    cast(marketing_consent as boolean) as has_marketing_consent,
    cast(registered_at as timestamp) as registered_at,
    cast(updated_at as timestamp) as updated_at
from landing_customers
