with published as (
    select
        from_currency_code as currency_code,
        rate_date as published_date,
        exchange_rate,
        lead(rate_date) over (partition by from_currency_code order by rate_date) as next_date
    from exchange_rates
    where to_currency_code = 'EUR'
)
select currency_code, published_date + age as rate_date, exchange_rate, published_date
from published cross join (values (0), (1), (2), (3), (4), (5), (6), (7)) as ages(age)
where next_date is null or published_date + age < next_date
