select distinct
    cast(rate_date as date) as rate_date,
    upper(trim(from_currency)) as from_currency_code,
    upper(trim(to_currency)) as to_currency_code,
    cast(rate as decimal(18, 8)) as exchange_rate
from landing_exchange_rates
