# Written by `lakehouse export`: what is changed here is lost.
connection: "warehouse"
label: "Shop"
week_start_day: sunday
include: "/views/*.view.lkml"

datagroup: published {
  sql_trigger: SELECT MAX(run_id) FROM shop.published_snapshot ;;
  max_cache_age: "24 hours"
}

persist_with: published

explore: shop_of_orders {
  label: "Shop: orders"
  group_label: "Shop"
  description: "One metric of each kind. One row per row of fact_orders, on the business day that it counts on."

  join: dim_customers {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_orders.customer_key} = ${dim_customers.customer_key} ;;
  }

  join: dim_dates {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_orders.event_raw} = ${dim_dates.calendar_date} ;;
  }
}

explore: shop_of_payments {
  label: "Shop: payments"
  group_label: "Shop"
  description: "One metric of each kind. One row per row of fact_payments, on the business day that it counts on."

  join: dim_customers {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_payments.customer_key} = ${dim_customers.customer_key} ;;
  }

  join: dim_dates {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_payments.event_raw} = ${dim_dates.calendar_date} ;;
  }
}

explore: shop_of_sessions {
  label: "Shop: sessions"
  group_label: "Shop"
  description: "One metric of each kind. One row per row of fact_sessions, on the business day that it counts on."

  join: dim_customers {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_sessions.customer_key} = ${dim_customers.customer_key} ;;
  }

  join: dim_dates {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_sessions.event_raw} = ${dim_dates.calendar_date} ;;
  }
}

explore: shop_of_orders_and_payments {
  label: "Shop: orders and payments"
  group_label: "Shop"
  description: "One metric of each kind. One row per row of fact_orders and of fact_payments, on the business day that it counts on."

  join: dim_customers {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_orders_and_payments.customer_key} = ${dim_customers.customer_key} ;;
  }

  join: dim_dates {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_orders_and_payments.event_raw} = ${dim_dates.calendar_date} ;;
  }
}

explore: shop_of_orders_and_sessions {
  label: "Shop: orders and sessions"
  group_label: "Shop"
  description: "One metric of each kind. One row per row of fact_orders and of fact_sessions, on the business day that it counts on."

  join: dim_customers {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_orders_and_sessions.customer_key} = ${dim_customers.customer_key} ;;
  }

  join: dim_dates {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_orders_and_sessions.event_raw} = ${dim_dates.calendar_date} ;;
  }
}

explore: shop_of_order_lines {
  label: "Shop: order lines"
  group_label: "Shop"
  description: "One metric of each kind. One row per row of fact_order_lines, on the business day that it counts on."

  join: dim_customers {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_order_lines.customer_key} = ${dim_customers.customer_key} ;;
  }

  join: dim_products {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_order_lines.product_key} = ${dim_products.product_key} ;;
  }

  join: dim_dates {
    type: left_outer
    relationship: many_to_one
    sql_on: ${shop_of_order_lines.event_raw} = ${dim_dates.calendar_date} ;;
  }
}

explore: shop_by_day {
  label: "Shop by day"
  group_label: "Shop"
  description: "All metrics of the mart, a value for each day; none for several, and no dimensions."
}

explore: shop_by_week {
  label: "Shop by week"
  group_label: "Shop"
  description: "All metrics of the mart, a value for each week; none for several, and no dimensions."
}

explore: shop_by_month {
  label: "Shop by month"
  group_label: "Shop"
  description: "All metrics of the mart, a value for each month; none for several, and no dimensions."
}

explore: shop_by_quarter {
  label: "Shop by quarter"
  group_label: "Shop"
  description: "All metrics of the mart, a value for each quarter; none for several, and no dimensions."
}

explore: shop_by_year {
  label: "Shop by year"
  group_label: "Shop"
  description: "All metrics of the mart, a value for each year; none for several, and no dimensions."
}
