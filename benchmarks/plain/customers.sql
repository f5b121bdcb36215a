select
    customer_id, email, first_name, last_name, gender, birth_date, country_code, region, city, acquisition_channel,
    has_marketing_consent, registered_at, updated_at
from (
    select *, row_number() over (partition by customer_id order by updated_at desc) as newest from customer_versions
) as versions
where newest = 1
