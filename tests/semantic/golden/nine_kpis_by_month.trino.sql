WITH known AS (
  SELECT
    MIN(first_date) AS lake_from,
    CASE
      WHEN MAX(last_known_date) > COALESCE(MAX(last_date), MAX(last_known_date))
      THEN MAX(last_known_date)
      ELSE COALESCE(MAX(last_date), MAX(last_known_date))
    END AS lake_to,
    MAX(CASE WHEN table_name = 'fact_orders' THEN first_known_date END) AS fact_orders_since,
    MAX(CASE WHEN table_name = 'fact_orders' THEN last_known_date END) AS fact_orders_until,
    MAX(CASE WHEN table_name = 'fact_payments' THEN first_known_date END) AS fact_payments_since,
    MAX(CASE WHEN table_name = 'fact_payments' THEN last_known_date END) AS fact_payments_until,
    MAX(CASE WHEN table_name = 'fact_sessions' THEN first_known_date END) AS fact_sessions_since,
    MAX(CASE WHEN table_name = 'fact_sessions' THEN last_known_date END) AS fact_sessions_until
  FROM coverage
), missing AS (
  SELECT
    calendar_date,
    MAX(CASE WHEN table_name = 'fact_orders' THEN 1 END) AS fact_orders_missing,
    MAX(CASE WHEN table_name = 'fact_payments' THEN 1 END) AS fact_payments_missing,
    MAX(CASE WHEN table_name = 'fact_sessions' THEN 1 END) AS fact_sessions_missing
  FROM missing_days
  GROUP BY
    calendar_date
), calendar AS (
  SELECT
    dim_dates.calendar_date,
    dim_dates.month_start_date AS period_start,
    known.lake_from,
    known.lake_to,
    known.fact_orders_since,
    known.fact_orders_until,
    known.fact_payments_since,
    known.fact_payments_until,
    known.fact_sessions_since,
    known.fact_sessions_until,
    CASE
      WHEN dim_dates.calendar_date BETWEEN known.fact_orders_since AND known.fact_orders_until
      AND missing.fact_orders_missing IS NULL
      THEN 1
      ELSE 0
    END AS fact_orders_known,
    CASE
      WHEN dim_dates.calendar_date > known.fact_orders_until
      OR NOT missing.fact_orders_missing IS NULL
      THEN 0
      ELSE 1
    END AS fact_orders_counts,
    CASE
      WHEN dim_dates.calendar_date BETWEEN known.fact_payments_since AND known.fact_payments_until
      AND missing.fact_payments_missing IS NULL
      THEN 1
      ELSE 0
    END AS fact_payments_known,
    CASE
      WHEN dim_dates.calendar_date > known.fact_payments_until
      OR NOT missing.fact_payments_missing IS NULL
      THEN 0
      ELSE 1
    END AS fact_payments_counts,
    CASE
      WHEN dim_dates.calendar_date BETWEEN known.fact_sessions_since AND known.fact_sessions_until
      AND missing.fact_sessions_missing IS NULL
      THEN 1
      ELSE 0
    END AS fact_sessions_known,
    CASE
      WHEN dim_dates.calendar_date > known.fact_sessions_until
      OR NOT missing.fact_sessions_missing IS NULL
      THEN 0
      ELSE 1
    END AS fact_sessions_counts
  FROM dim_dates
  CROSS JOIN known
  LEFT JOIN missing
    ON missing.calendar_date = dim_dates.calendar_date
), all_periods AS (
  SELECT
    calendar.period_start,
    MAX(calendar.calendar_date) AS period_to,
    COUNT(*) AS period_length,
    MIN(
      CASE
        WHEN calendar.calendar_date BETWEEN calendar.lake_from AND calendar.lake_to
        AND calendar.calendar_date <= CAST('2026-06-30' AS DATE)
        THEN calendar.calendar_date
      END
    ) AS first_date,
    MAX(
      CASE
        WHEN calendar.calendar_date BETWEEN calendar.lake_from AND calendar.lake_to
        AND calendar.calendar_date <= CAST('2026-06-30' AS DATE)
        THEN calendar.calendar_date
      END
    ) AS last_date,
    MAX(calendar.lake_from) AS lake_from,
    MAX(calendar.lake_to) AS lake_to,
    MAX(calendar.fact_orders_since) AS fact_orders_since,
    MAX(calendar.fact_orders_until) AS fact_orders_until,
    MAX(calendar.fact_payments_since) AS fact_payments_since,
    MAX(calendar.fact_payments_until) AS fact_payments_until,
    MAX(calendar.fact_sessions_since) AS fact_sessions_since,
    MAX(calendar.fact_sessions_until) AS fact_sessions_until
  FROM calendar
  WHERE
    NOT calendar.period_start IS NULL
  GROUP BY
    calendar.period_start
), periods AS (
  SELECT
    shifted.*
  FROM (
    SELECT
      *,
      LAG(period_start, 1) OVER (ORDER BY period_start) AS period_start_1,
      LAG(period_to, 1) OVER (ORDER BY period_start) AS period_to_1,
      LAG(period_length, 1) OVER (ORDER BY period_start) AS period_length_1
    FROM all_periods
  ) AS shifted
  WHERE
    shifted.period_to >= CAST('2026-01-01' AS DATE)
    AND shifted.period_start <= CAST('2026-06-30' AS DATE)
), spans AS (
  SELECT
    names.span,
    periods.period_start,
    CASE
      WHEN names.span = 'period'
      THEN periods.period_start
      WHEN names.span = 'previous_period'
      THEN periods.period_start_1
    END AS from_date,
    CASE
      WHEN names.span = 'period'
      THEN LEAST(periods.period_to, CAST('2026-06-30' AS DATE))
      WHEN names.span = 'previous_period'
      THEN periods.period_to_1
    END AS to_date,
    CASE
      WHEN names.span = 'period'
      THEN periods.period_length
      WHEN names.span = 'previous_period'
      THEN periods.period_length_1
    END AS length
  FROM periods
  CROSS JOIN (
    SELECT
      'period' AS span
    UNION ALL
    SELECT
      'previous_period' AS span
  ) AS names
), days AS (
  SELECT
    spans.span,
    spans.period_start,
    spans.length,
    calendar.calendar_date,
    calendar.fact_orders_known,
    calendar.fact_orders_counts,
    calendar.fact_payments_known,
    calendar.fact_payments_counts,
    calendar.fact_sessions_known,
    calendar.fact_sessions_counts
  FROM spans
  JOIN calendar
    ON calendar.calendar_date BETWEEN spans.from_date AND spans.to_date
), reach AS (
  SELECT
    days.period_start,
    MIN(CASE WHEN days.span = 'period' THEN days.calendar_date END) AS period_from,
    MAX(CASE WHEN days.span = 'period' THEN days.calendar_date END) AS period_to,
    MAX(CASE WHEN days.span = 'period' THEN days.length END) AS period_length,
    MIN(CASE WHEN days.span = 'previous_period' THEN days.calendar_date END) AS previous_period_from,
    MAX(CASE WHEN days.span = 'previous_period' THEN days.calendar_date END) AS previous_period_to,
    MAX(CASE WHEN days.span = 'previous_period' THEN days.length END) AS previous_period_length,
    COUNT(CASE WHEN days.span = 'period' AND days.fact_orders_known = 1 THEN 1 END) AS period_orders_days,
    COUNT(
      CASE WHEN days.span = 'previous_period' AND days.fact_orders_known = 1 THEN 1 END
    ) AS previous_period_orders_days,
    COUNT(
      CASE
        WHEN days.span = 'period'
        AND (
          days.fact_orders_known = 1 AND days.fact_sessions_known = 1
        )
        THEN 1
      END
    ) AS period_orders_sessions_days,
    COUNT(CASE WHEN days.span = 'period' AND days.fact_sessions_known = 1 THEN 1 END) AS period_sessions_days,
    COUNT(CASE WHEN days.span = 'period' AND days.fact_payments_known = 1 THEN 1 END) AS period_payments_days
  FROM days
  GROUP BY
    days.period_start
), daily AS (
  SELECT
    kpi_revenue_daily.calendar_date,
    kpi_revenue_daily.total_revenue AS total_revenue,
    kpi_revenue_daily.total_orders AS total_orders,
    CAST(NULL AS BIGINT) AS online_orders,
    kpi_revenue_daily.visitors_of_month AS visitors_of_month,
    CAST(NULL AS DECIMAL(18, 2)) AS total_payments,
    CAST(NULL AS BIGINT) AS successful_payments,
    CAST(NULL AS BIGINT) AS failed_payments,
    CAST(NULL AS BIGINT) AS new_customers,
    CAST(NULL AS BIGINT) AS active_customers_of_month
  FROM kpi_revenue_daily
  UNION ALL
  SELECT
    kpi_orders_daily.calendar_date,
    CAST(NULL AS DECIMAL(18, 2)) AS total_revenue,
    CAST(NULL AS BIGINT) AS total_orders,
    kpi_orders_daily.online_orders AS online_orders,
    CAST(NULL AS BIGINT) AS visitors_of_month,
    CAST(NULL AS DECIMAL(18, 2)) AS total_payments,
    CAST(NULL AS BIGINT) AS successful_payments,
    CAST(NULL AS BIGINT) AS failed_payments,
    CAST(NULL AS BIGINT) AS new_customers,
    CAST(NULL AS BIGINT) AS active_customers_of_month
  FROM kpi_orders_daily
  UNION ALL
  SELECT
    kpi_payments_daily.calendar_date,
    CAST(NULL AS DECIMAL(18, 2)) AS total_revenue,
    CAST(NULL AS BIGINT) AS total_orders,
    CAST(NULL AS BIGINT) AS online_orders,
    CAST(NULL AS BIGINT) AS visitors_of_month,
    kpi_payments_daily.total_payments AS total_payments,
    kpi_payments_daily.successful_payments AS successful_payments,
    kpi_payments_daily.failed_payments AS failed_payments,
    CAST(NULL AS BIGINT) AS new_customers,
    CAST(NULL AS BIGINT) AS active_customers_of_month
  FROM kpi_payments_daily
  UNION ALL
  SELECT
    kpi_customers_daily.calendar_date,
    CAST(NULL AS DECIMAL(18, 2)) AS total_revenue,
    CAST(NULL AS BIGINT) AS total_orders,
    CAST(NULL AS BIGINT) AS online_orders,
    CAST(NULL AS BIGINT) AS visitors_of_month,
    CAST(NULL AS DECIMAL(18, 2)) AS total_payments,
    CAST(NULL AS BIGINT) AS successful_payments,
    CAST(NULL AS BIGINT) AS failed_payments,
    kpi_customers_daily.new_customers AS new_customers,
    kpi_customers_daily.active_customers_of_month AS active_customers_of_month
  FROM kpi_customers_daily
), daily_periods AS (
  SELECT
    days.period_start,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.total_revenue END) AS DECIMAL(18, 2)) AS total_revenue,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.total_orders END) AS BIGINT) AS total_orders,
    CAST(SUM(CASE WHEN days.span = 'previous_period' THEN daily.total_revenue END) AS DECIMAL(18, 2)) AS total_revenue_in_previous_period,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.online_orders END) AS BIGINT) AS online_orders,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.visitors_of_month END) AS BIGINT) AS visitors,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.total_payments END) AS DECIMAL(18, 2)) AS total_payments,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.successful_payments END) AS BIGINT) AS successful_payments,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.failed_payments END) AS BIGINT) AS failed_payments,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.new_customers END) AS BIGINT) AS new_customers,
    CAST(SUM(CASE WHEN days.span = 'period' THEN daily.active_customers_of_month END) AS BIGINT) AS active_customers
  FROM days
  JOIN daily
    ON daily.calendar_date = days.calendar_date
  GROUP BY
    days.period_start
), measured AS (
  SELECT
    periods.period_start,
    total_revenue,
    total_orders,
    total_revenue_in_previous_period,
    online_orders,
    visitors,
    total_payments,
    successful_payments,
    failed_payments,
    new_customers,
    active_customers
  FROM periods
  LEFT JOIN daily_periods
    ON daily_periods.period_start = periods.period_start
), filled AS (
  SELECT
    periods.period_start,
    periods.first_date,
    periods.last_date,
    CAST(CASE
      WHEN reach.period_orders_days > 0
      THEN COALESCE(measured.total_revenue, 0)
      ELSE NULLIF(measured.total_revenue, 0)
    END AS DECIMAL(18, 2)) AS total_revenue,
    CAST(CASE
      WHEN reach.period_orders_days > 0
      THEN COALESCE(measured.total_orders, 0)
      ELSE NULLIF(measured.total_orders, 0)
    END AS BIGINT) AS total_orders,
    CAST(CASE
      WHEN reach.previous_period_orders_days > 0
      THEN COALESCE(measured.total_revenue_in_previous_period, 0)
      ELSE NULLIF(measured.total_revenue_in_previous_period, 0)
    END AS DECIMAL(18, 2)) AS total_revenue_in_previous_period,
    CAST(CASE
      WHEN reach.period_orders_sessions_days > 0
      THEN COALESCE(measured.online_orders, 0)
      ELSE NULLIF(measured.online_orders, 0)
    END AS BIGINT) AS online_orders,
    CAST(CASE
      WHEN reach.period_sessions_days > 0
      THEN COALESCE(measured.visitors, 0)
      ELSE NULLIF(measured.visitors, 0)
    END AS BIGINT) AS visitors,
    CAST(CASE
      WHEN reach.period_payments_days > 0
      THEN COALESCE(measured.total_payments, 0)
      ELSE NULLIF(measured.total_payments, 0)
    END AS DECIMAL(18, 2)) AS total_payments,
    CAST(CASE
      WHEN reach.period_payments_days > 0
      THEN COALESCE(measured.successful_payments, 0)
      ELSE NULLIF(measured.successful_payments, 0)
    END AS BIGINT) AS successful_payments,
    CAST(CASE
      WHEN reach.period_payments_days > 0
      THEN COALESCE(measured.failed_payments, 0)
      ELSE NULLIF(measured.failed_payments, 0)
    END AS BIGINT) AS failed_payments,
    CAST(CASE
      WHEN reach.period_orders_days > 0
      THEN COALESCE(measured.new_customers, 0)
      ELSE NULLIF(measured.new_customers, 0)
    END AS BIGINT) AS new_customers,
    CAST(CASE
      WHEN reach.period_orders_days > 0
      THEN COALESCE(measured.active_customers, 0)
      ELSE NULLIF(measured.active_customers, 0)
    END AS BIGINT) AS active_customers,
    reach.period_from,
    reach.period_to,
    reach.period_length,
    reach.previous_period_from,
    reach.previous_period_to,
    reach.previous_period_length,
    reach.period_orders_days,
    reach.previous_period_orders_days,
    reach.period_orders_sessions_days,
    reach.period_sessions_days,
    reach.period_payments_days,
    periods.lake_from,
    periods.lake_to,
    periods.fact_orders_since,
    periods.fact_orders_until,
    periods.fact_payments_since,
    periods.fact_payments_until,
    periods.fact_sessions_since,
    periods.fact_sessions_until
  FROM periods
  JOIN measured
    ON measured.period_start = periods.period_start
  LEFT JOIN reach
    ON reach.period_start = periods.period_start
)
SELECT
  period_start,
  first_date,
  last_date,
  total_revenue,
  CASE
    WHEN total_revenue IS NULL
    THEN CASE
      WHEN (
        period_from > fact_orders_until OR period_to >= fact_orders_since
      )
      OR (
        period_from IS NULL AND period_start > fact_orders_until
      )
      THEN 'not_arrived'
      ELSE 'no_data'
    END
  END AS total_revenue_reason,
  CASE WHEN NOT total_revenue IS NULL THEN LEAST(last_date, fact_orders_until) END AS total_revenue_until,
  CAST(total_revenue AS DOUBLE) / NULLIF(CAST(total_orders AS DOUBLE), 0) AS average_order_value,
  CASE
    WHEN CAST(total_revenue AS DOUBLE) / NULLIF(CAST(total_orders AS DOUBLE), 0) IS NULL
    THEN CASE
      WHEN total_revenue IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN total_orders IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      ELSE 'zero_denominator'
    END
  END AS average_order_value_reason,
  CASE
    WHEN NOT CAST(total_revenue AS DOUBLE) / NULLIF(CAST(total_orders AS DOUBLE), 0) IS NULL
    THEN LEAST(last_date, fact_orders_until)
  END AS average_order_value_until,
  CASE
    WHEN total_revenue_in_previous_period > 0
    AND (
      period_orders_days = period_length
      AND previous_period_orders_days = previous_period_length
    )
    THEN CAST((
      total_revenue - total_revenue_in_previous_period
    ) AS DOUBLE) / CAST(total_revenue_in_previous_period AS DOUBLE)
  END AS revenue_growth_rate,
  CASE
    WHEN CASE
      WHEN total_revenue_in_previous_period > 0
      AND (
        period_orders_days = period_length
        AND previous_period_orders_days = previous_period_length
      )
      THEN CAST((
        total_revenue - total_revenue_in_previous_period
      ) AS DOUBLE) / CAST(total_revenue_in_previous_period AS DOUBLE)
    END IS NULL
    THEN CASE
      WHEN total_revenue IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN total_revenue_in_previous_period IS NULL
      THEN CASE
        WHEN (
          previous_period_from > fact_orders_until
          OR previous_period_to >= fact_orders_since
        )
        OR (
          previous_period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_history'
      END
      WHEN NOT (
        period_orders_days = period_length
        AND previous_period_orders_days = previous_period_length
      )
      THEN 'incomplete_period'
      WHEN total_revenue_in_previous_period = 0
      THEN 'previous_zero'
      ELSE 'previous_negative'
    END
  END AS revenue_growth_rate_reason,
  CASE WHEN NOT total_revenue IS NULL THEN LEAST(last_date, fact_orders_until) END AS revenue_growth_rate_until,
  total_orders,
  CASE
    WHEN total_orders IS NULL
    THEN CASE
      WHEN (
        period_from > fact_orders_until OR period_to >= fact_orders_since
      )
      OR (
        period_from IS NULL AND period_start > fact_orders_until
      )
      THEN 'not_arrived'
      ELSE 'no_data'
    END
  END AS total_orders_reason,
  CASE WHEN NOT total_orders IS NULL THEN LEAST(last_date, fact_orders_until) END AS total_orders_until,
  CAST(online_orders AS DOUBLE) / NULLIF(CAST(visitors AS DOUBLE), 0) AS order_conversion_rate,
  CASE
    WHEN CAST(online_orders AS DOUBLE) / NULLIF(CAST(visitors AS DOUBLE), 0) IS NULL
    THEN CASE
      WHEN online_orders IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until
          OR period_from > fact_sessions_until
          OR (
            period_to >= fact_orders_since AND period_to >= fact_sessions_since
          )
        )
        OR (
          period_from IS NULL
          AND (
            period_start > fact_orders_until OR period_start > fact_sessions_until
          )
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN visitors IS NULL
      THEN CASE
        WHEN (
          period_from > fact_sessions_until OR period_to >= fact_sessions_since
        )
        OR (
          period_from IS NULL AND period_start > fact_sessions_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      ELSE 'zero_denominator'
    END
  END AS order_conversion_rate_reason,
  CASE
    WHEN NOT CAST(online_orders AS DOUBLE) / NULLIF(CAST(visitors AS DOUBLE), 0) IS NULL
    THEN LEAST(last_date, fact_orders_until, fact_sessions_until)
  END AS order_conversion_rate_until,
  total_payments,
  CASE
    WHEN total_payments IS NULL
    THEN CASE
      WHEN (
        period_from > fact_payments_until OR period_to >= fact_payments_since
      )
      OR (
        period_from IS NULL AND period_start > fact_payments_until
      )
      THEN 'not_arrived'
      ELSE 'no_data'
    END
  END AS total_payments_reason,
  CASE WHEN NOT total_payments IS NULL THEN LEAST(last_date, fact_payments_until) END AS total_payments_until,
  CAST(successful_payments AS DOUBLE) / NULLIF(CAST(CAST(successful_payments + failed_payments AS BIGINT) AS DOUBLE), 0) AS payment_success_rate,
  CASE
    WHEN CAST(successful_payments AS DOUBLE) / NULLIF(CAST(CAST(successful_payments + failed_payments AS BIGINT) AS DOUBLE), 0) IS NULL
    THEN CASE
      WHEN successful_payments IS NULL
      THEN CASE
        WHEN (
          period_from > fact_payments_until OR period_to >= fact_payments_since
        )
        OR (
          period_from IS NULL AND period_start > fact_payments_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN CAST(successful_payments + failed_payments AS BIGINT) IS NULL
      THEN CASE
        WHEN (
          period_from > fact_payments_until OR period_to >= fact_payments_since
        )
        OR (
          period_from IS NULL AND period_start > fact_payments_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      ELSE 'zero_denominator'
    END
  END AS payment_success_rate_reason,
  CASE
    WHEN NOT CAST(successful_payments AS DOUBLE) / NULLIF(CAST(CAST(successful_payments + failed_payments AS BIGINT) AS DOUBLE), 0) IS NULL
    THEN LEAST(last_date, fact_payments_until)
  END AS payment_success_rate_until,
  CAST(new_customers AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) AS customer_acquisition_rate,
  CASE
    WHEN CAST(new_customers AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) IS NULL
    THEN CASE
      WHEN new_customers IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN active_customers IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      ELSE 'zero_denominator'
    END
  END AS customer_acquisition_rate_reason,
  CASE
    WHEN NOT CAST(new_customers AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) IS NULL
    THEN LEAST(last_date, fact_orders_until)
  END AS customer_acquisition_rate_until,
  CAST(CAST(active_customers - new_customers AS BIGINT) AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) AS customer_retention_rate,
  CASE
    WHEN CAST(CAST(active_customers - new_customers AS BIGINT) AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) IS NULL
    THEN CASE
      WHEN CAST(active_customers - new_customers AS BIGINT) IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      WHEN active_customers IS NULL
      THEN CASE
        WHEN (
          period_from > fact_orders_until OR period_to >= fact_orders_since
        )
        OR (
          period_from IS NULL AND period_start > fact_orders_until
        )
        THEN 'not_arrived'
        ELSE 'no_data'
      END
      ELSE 'zero_denominator'
    END
  END AS customer_retention_rate_reason,
  CASE
    WHEN NOT CAST(CAST(active_customers - new_customers AS BIGINT) AS DOUBLE) / NULLIF(CAST(active_customers AS DOUBLE), 0) IS NULL
    THEN LEAST(last_date, fact_orders_until)
  END AS customer_retention_rate_until
FROM filled
ORDER BY
  period_start ASC
