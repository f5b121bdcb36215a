# Written by `lakehouse export`: what is changed here is lost.
view: shop_of_order_lines {
  sql_table_name: shop.shop_of_order_lines ;;
  label: "Shop: order lines"

  dimension: row_id {
    primary_key: yes
    hidden: yes
    type: string
    sql: ${TABLE}.row_id ;;
  }

  dimension: customer_key {
    hidden: yes
    type: string
    sql: ${TABLE}.customer_key ;;
  }

  dimension: product_key {
    hidden: yes
    type: string
    sql: ${TABLE}.product_key ;;
  }

  dimension: event {
    type: string
    label: "Fact"
    description: "Fact that the row is of."
    sql: ${TABLE}.event ;;
  }

  dimension: country {
    type: string
    label: "Country"
    group_label: "Place"
    description: "Country of all."
    sql: ${TABLE}.country ;;
    map_layer_name: countries
    drill_fields: [gender]
  }

  dimension: coupon_code {
    type: string
    label: "Coupon"
    group_label: "Order"
    description: "Coupon used."
    sql: ${TABLE}.coupon_code ;;
  }

  dimension: age_band {
    type: string
    label: "Age"
    group_label: "Customer"
    description: "Year of birth."
    sql: ${TABLE}.age_band ;;
  }

  dimension: first_order_month {
    type: date
    label: "First Month"
    group_label: "Customer"
    description: "Business day of the first qualifying order."
    sql: ${TABLE}.first_order_month ;;
    convert_tz: no
    datatype: date
  }

  dimension_group: event {
    type: time
    label: "Date"
    description: "Business day that the row counts on."
    timeframes: [
      raw,
      date,
      week,
      month,
      quarter,
      year,
    ]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.event_date ;;
  }

  measure: revenue_1_measured {
    hidden: yes
    type: sum
    sql: ${TABLE}.revenue_1_value ;;
  }

  measure: orders_1_measured {
    hidden: yes
    type: count_distinct
    sql: ${TABLE}.orders_1_id ;;
  }

  measure: revenue {
    type: sum
    sql: ${TABLE}.revenue_value ;;
    label: "Revenue"
    description: "What was charged, in $."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:certified", "synonym:turnover"]
    drill_fields: [detail*]
  }

  measure: orders {
    type: count_distinct
    sql: ${TABLE}.orders_id ;;
    label: "Orders"
    description: "How many."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
    drill_fields: [detail*]
  }

  measure: order_value {
    type: number
    sql: CAST(COALESCE(${revenue_1_measured}, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(${orders_1_measured}, 0) AS DOUBLE), 0) ;;
    label: "Order Value"
    description: "Revenue over Orders."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  set: detail {
    fields: [
      event,
      event_date,
      country,
      coupon_code,
      age_band,
      first_order_month,
    ]
  }
}
