WITH known AS (
  SELECT
    MAX(CASE WHEN table_name = 'fact_orders' THEN first_known_date END) AS fact_orders_since,
    MAX(CASE WHEN table_name = 'fact_orders' THEN last_known_date END) AS fact_orders_until,
    MAX(CASE WHEN table_name = 'fact_payments' THEN first_known_date END) AS fact_payments_since,
    MAX(CASE WHEN table_name = 'fact_payments' THEN last_known_date END) AS fact_payments_until,
    MAX(CASE WHEN table_name = 'fact_sessions' THEN first_known_date END) AS fact_sessions_since,
    MAX(CASE WHEN table_name = 'fact_sessions' THEN last_known_date END) AS fact_sessions_until
  FROM coverage
), periods AS (
  SELECT
    dim_dates.month_start_date AS period_start,
    MAX(dim_dates.calendar_date) AS period_end,
    MIN(kpi_revenue_daily.calendar_date) AS first_date,
    MAX(kpi_revenue_daily.calendar_date) AS last_date,
    CAST(SUM(kpi_revenue_daily.total_revenue) AS DECIMAL(18, 2)) AS total_revenue,
    CAST(SUM(kpi_revenue_daily.total_orders) AS BIGINT) AS total_orders,
    CAST(SUM(kpi_orders_daily.online_orders) AS BIGINT) AS online_orders,
    CAST(SUM(kpi_orders_daily.visitors_of_month) AS BIGINT) AS visitors,
    CAST(SUM(kpi_payments_daily.total_payments) AS DECIMAL(18, 2)) AS total_payments,
    CAST(SUM(kpi_payments_daily.successful_payments) AS BIGINT) AS successful_payments,
    CAST(SUM(kpi_payments_daily.failed_payments) AS BIGINT) AS failed_payments,
    CAST(SUM(kpi_customers_daily.new_customers) AS BIGINT) AS new_customers,
    CAST(SUM(kpi_customers_daily.active_customers_of_month) AS BIGINT) AS active_customers
  FROM dim_dates
  LEFT JOIN kpi_revenue_daily
    ON kpi_revenue_daily.calendar_date = dim_dates.calendar_date
    AND kpi_revenue_daily.calendar_date <= CAST('2026-06-30' AS DATE)
  LEFT JOIN kpi_orders_daily
    ON kpi_orders_daily.calendar_date = dim_dates.calendar_date
    AND kpi_orders_daily.calendar_date <= CAST('2026-06-30' AS DATE)
  LEFT JOIN kpi_payments_daily
    ON kpi_payments_daily.calendar_date = dim_dates.calendar_date
    AND kpi_payments_daily.calendar_date <= CAST('2026-06-30' AS DATE)
  LEFT JOIN kpi_customers_daily
    ON kpi_customers_daily.calendar_date = dim_dates.calendar_date
    AND kpi_customers_daily.calendar_date <= CAST('2026-06-30' AS DATE)
  GROUP BY
    dim_dates.month_start_date
), measured AS (
  SELECT
    period_start,
    period_end,
    first_date,
    last_date,
    total_revenue,
    CASE
      WHEN total_revenue IS NULL
      THEN CASE
        WHEN period_start > fact_orders_until OR last_date >= fact_orders_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
    END AS total_revenue_reason,
    CASE WHEN NOT total_revenue IS NULL THEN LEAST(last_date, fact_orders_until) END AS total_revenue_until,
    CAST(total_revenue AS DOUBLE) / NULLIF(CAST(total_orders AS DOUBLE), 0) AS average_order_value,
    CASE
      WHEN total_revenue IS NULL OR total_orders IS NULL
      THEN CASE
        WHEN period_start > fact_orders_until OR last_date >= fact_orders_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN total_orders = 0
      THEN 'zero_denominator'
    END AS average_order_value_reason,
    CASE
      WHEN NOT CAST(total_revenue AS DOUBLE) / NULLIF(CAST(total_orders AS DOUBLE), 0) IS NULL
      THEN LEAST(last_date, fact_orders_until)
    END AS average_order_value_until,
    total_orders,
    CASE
      WHEN total_orders IS NULL
      THEN CASE
        WHEN period_start > fact_orders_until OR last_date >= fact_orders_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
    END AS total_orders_reason,
    CASE WHEN NOT total_orders IS NULL THEN LEAST(last_date, fact_orders_until) END AS total_orders_until,
    CAST(online_orders AS DOUBLE) / NULLIF(CAST(visitors AS DOUBLE), 0) AS order_conversion_rate,
    CASE
      WHEN online_orders IS NULL OR visitors IS NULL
      THEN CASE
        WHEN period_start > fact_orders_until
        OR period_start > fact_sessions_until
        OR (
          last_date >= fact_orders_since AND last_date >= fact_sessions_since
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN visitors = 0
      THEN 'zero_denominator'
    END AS order_conversion_rate_reason,
    CASE
      WHEN NOT CAST(online_orders AS DOUBLE) / NULLIF(CAST(visitors AS DOUBLE), 0) IS NULL
      THEN LEAST(last_date, fact_orders_until, fact_sessions_until)
    END AS order_conversion_rate_until,
    total_payments,
    CASE
      WHEN total_payments IS NULL
      THEN CASE
        WHEN period_start > fact_payments_until OR last_date >= fact_payments_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
    END AS total_payments_reason,
    CASE WHEN NOT total_payments IS NULL THEN LEAST(last_date, fact_payments_until) END AS total_payments_until,
    CAST(successful_payments AS DOUBLE) / NULLIF(CAST(CAST(successful_payments + failed_payments AS BIGINT) AS DOUBLE), 0) AS payment_success_rate,
    CASE
      WHEN successful_payments IS NULL
      OR CAST(successful_payments + failed_payments AS BIGINT) IS NULL
      THEN CASE
        WHEN period_start > fact_payments_until OR last_date >= fact_payments_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN CAST(successful_payments + failed_payments AS BIGINT) = 0
      THEN 'zero_denominator'
    END AS payment_success_rate_reason,
    CASE
      WHEN NOT CAST(successful_payments AS DOUBLE) / NULLIF(CAST(CAST(successful_payments + failed_payments AS BIGINT) AS DOUBLE), 0) IS NULL
      THEN LEAST(last_date, fact_payments_until)
    END AS payment_success_rate_until,
    CAST(new_customers AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) AS customer_acquisition_rate,
    CASE
      WHEN new_customers IS NULL OR active_customers IS NULL
      THEN CASE
        WHEN period_start > fact_orders_until OR last_date >= fact_orders_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN active_customers = 0
      THEN 'zero_denominator'
    END AS customer_acquisition_rate_reason,
    CASE
      WHEN NOT CAST(new_customers AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) IS NULL
      THEN LEAST(last_date, fact_orders_until)
    END AS customer_acquisition_rate_until,
    CAST(CAST(active_customers - new_customers AS BIGINT) AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) AS customer_retention_rate,
    CASE
      WHEN CAST(active_customers - new_customers AS BIGINT) IS NULL
      OR active_customers IS NULL
      THEN CASE
        WHEN period_start > fact_orders_until OR last_date >= fact_orders_since
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN active_customers = 0
      THEN 'zero_denominator'
    END AS customer_retention_rate_reason,
    CASE
      WHEN NOT CAST(CAST(active_customers - new_customers AS BIGINT) AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) IS NULL
      THEN LEAST(last_date, fact_orders_until)
    END AS customer_retention_rate_until
  FROM periods
  CROSS JOIN known
), shifted AS (
  SELECT
    *,
    LAG(total_revenue) OVER (ORDER BY period_start) AS total_revenue_previous,
    LAG(total_revenue_reason) OVER (ORDER BY period_start) AS total_revenue_reason_previous
  FROM measured
)
SELECT
  period_start,
  first_date,
  last_date,
  total_revenue,
  total_revenue_reason,
  total_revenue_until,
  average_order_value,
  average_order_value_reason,
  average_order_value_until,
  CASE
    WHEN total_revenue_previous > 0
    THEN CAST((
      total_revenue - total_revenue_previous
    ) AS DOUBLE) / CAST(total_revenue_previous AS DOUBLE)
  END AS revenue_growth_rate,
  CASE
    WHEN total_revenue IS NULL
    THEN total_revenue_reason
    WHEN total_revenue_previous IS NULL
    THEN COALESCE(NULLIF(total_revenue_reason_previous, 'no_data'), 'no_history')
    WHEN total_revenue_previous = 0
    THEN 'previous_zero'
    WHEN total_revenue_previous < 0
    THEN 'previous_negative'
  END AS revenue_growth_rate_reason,
  total_revenue_until AS revenue_growth_rate_until,
  total_orders,
  total_orders_reason,
  total_orders_until,
  order_conversion_rate,
  order_conversion_rate_reason,
  order_conversion_rate_until,
  total_payments,
  total_payments_reason,
  total_payments_until,
  payment_success_rate,
  payment_success_rate_reason,
  payment_success_rate_until,
  customer_acquisition_rate,
  customer_acquisition_rate_reason,
  customer_acquisition_rate_until,
  customer_retention_rate,
  customer_retention_rate_reason,
  customer_retention_rate_until
FROM shifted
WHERE
  period_end >= CAST('2026-01-01' AS DATE)
  AND period_start <= CAST('2026-06-30' AS DATE)
ORDER BY
  period_start
