# Written by `lakehouse export`: what is changed here is lost.
view: shop_of_orders_and_sessions {
  sql_table_name: shop.shop_of_orders_and_sessions ;;
  label: "Shop: orders and sessions"

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

  measure: revenue_2_measured {
    hidden: yes
    type: sum
    sql: ${TABLE}.revenue_2_value ;;
  }

  measure: orders_2_measured {
    hidden: yes
    type: sum
    sql: ${TABLE}.orders_2_value ;;
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
    type: sum
    sql: ${TABLE}.orders_value ;;
    label: "Orders"
    description: "How many."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
    drill_fields: [detail*]
  }

  measure: smallest {
    type: min
    sql: ${TABLE}.smallest_1_value ;;
    label: "Smallest"
    description: "Of a coupon."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:draft"]
    drill_fields: [detail*]
  }

  measure: visits_bought {
    type: sum
    sql: ${TABLE}.visits_bought_value ;;
    label: "Bought in Visits"
    description: "By the day of the visit."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
    drill_fields: [detail*]
  }

  measure: visits {
    type: sum
    sql: ${TABLE}.visits_value ;;
    label: "Visits"
    description: "How many visits."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
    drill_fields: [detail*]
  }

  measure: conversion {
    type: number
    sql: CAST(COALESCE(${visits_bought}, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(${visits}, 0) AS DOUBLE), 0) ;;
    label: "Conversion"
    description: "Bought in Visits over Visits."
    value_format_name: percent_1
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: order_value {
    type: number
    sql: CAST(COALESCE(${revenue_2_measured}, 0) AS DOUBLE) / NULLIF(CAST(COALESCE(${orders_2_measured}, 0) AS DOUBLE), 0) ;;
    label: "Order Value"
    description: "Revenue over Orders."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: others {
    type: number
    sql: (COALESCE(${orders}, 0) - COALESCE(${visits_bought}, 0)) ;;
    label: "Others"
    description: "Orders − Bought in Visits."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  set: detail {
    fields: [
      event,
      event_date,
      country,
      age_band,
      first_order_month,
    ]
  }
}
