WITH days AS (
    SELECT
        date_trunc('week', revenue.calendar_date)::DATE AS week,
        sum(revenue.total_revenue) AS total_revenue,
        sum(orders.total_orders) AS total_orders,
        sum(orders.online_orders) AS online_orders,
        sum(orders.visitors_of_week) AS visitors,
        sum(payments.total_payments) AS total_payments,
        sum(payments.successful_payments) AS successful_payments,
        sum(payments.decided_payments) AS decided_payments,
        sum(customers.new_customers) AS new_customers,
        sum(customers.returning_customers_of_week) AS returning_customers,
        sum(customers.active_customers_of_week) AS active_customers
    FROM read_parquet($revenue) AS revenue
    JOIN read_parquet($orders) AS orders USING (calendar_date)
    JOIN read_parquet($payments) AS payments USING (calendar_date)
    JOIN read_parquet($customers) AS customers USING (calendar_date)
    -- One week more, for the growth of the first.
    WHERE revenue.calendar_date BETWEEN $first::DATE - 7 AND $last
    GROUP BY week
)
SELECT
    week AS period_start,
    total_revenue,
    total_revenue::DOUBLE / nullif(total_orders, 0) AS average_order_value,
    (total_revenue - lag(total_revenue) OVER weeks)::DOUBLE / nullif(lag(total_revenue) OVER weeks, 0)
        AS revenue_growth_rate,
    total_orders,
    online_orders::DOUBLE / nullif(visitors, 0) AS order_conversion_rate,
    total_payments,
    successful_payments::DOUBLE / nullif(decided_payments, 0) AS payment_success_rate,
    new_customers::DOUBLE / nullif(active_customers, 0) AS customer_acquisition_rate,
    returning_customers::DOUBLE / nullif(active_customers, 0) AS customer_retention_rate
FROM days
WINDOW weeks AS (ORDER BY week)
QUALIFY week >= $first
ORDER BY week
