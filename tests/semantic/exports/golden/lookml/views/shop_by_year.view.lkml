# Written by `lakehouse export`: what is changed here is lost.
view: shop_by_year {
  sql_table_name: shop.shop_by_year ;;
  label: "Shop by year"

  dimension: period_start {
    primary_key: yes
    hidden: yes
    type: string
    sql: ${TABLE}.period_start ;;
  }

  dimension: revenue_reason {
    type: string
    label: "Revenue: why null"
    group_label: "Reasons"
    description: "Why Revenue is null, where it is."
    sql: ${TABLE}.revenue_reason ;;
  }

  dimension: orders_reason {
    type: string
    label: "Orders: why null"
    group_label: "Reasons"
    description: "Why Orders is null, where it is."
    sql: ${TABLE}.orders_reason ;;
  }

  dimension: smallest_reason {
    type: string
    label: "Smallest: why null"
    group_label: "Reasons"
    description: "Why Smallest is null, where it is."
    sql: ${TABLE}.smallest_reason ;;
  }

  dimension: visits_bought_reason {
    type: string
    label: "Bought in Visits: why null"
    group_label: "Reasons"
    description: "Why Bought in Visits is null, where it is."
    sql: ${TABLE}.visits_bought_reason ;;
  }

  dimension: visits_reason {
    type: string
    label: "Visits: why null"
    group_label: "Reasons"
    description: "Why Visits is null, where it is."
    sql: ${TABLE}.visits_reason ;;
  }

  dimension: conversion_reason {
    type: string
    label: "Conversion: why null"
    group_label: "Reasons"
    description: "Why Conversion is null, where it is."
    sql: ${TABLE}.conversion_reason ;;
  }

  dimension: order_value_reason {
    type: string
    label: "Order Value: why null"
    group_label: "Reasons"
    description: "Why Order Value is null, where it is."
    sql: ${TABLE}.order_value_reason ;;
  }

  dimension: payments_reason {
    type: string
    label: "Payments: why null"
    group_label: "Reasons"
    description: "Why Payments is null, where it is."
    sql: ${TABLE}.payments_reason ;;
  }

  dimension: orders_over_payments_reason {
    type: string
    label: "Orders over Payments: why null"
    group_label: "Reasons"
    description: "Why Orders over Payments is null, where it is."
    sql: ${TABLE}.orders_over_payments_reason ;;
  }

  dimension: others_reason {
    type: string
    label: "Others: why null"
    group_label: "Reasons"
    description: "Why Others is null, where it is."
    sql: ${TABLE}.others_reason ;;
  }

  dimension: before_reason {
    type: string
    label: "Before: why null"
    group_label: "Reasons"
    description: "Why Before is null, where it is."
    sql: ${TABLE}.before_reason ;;
  }

  dimension: recent_value_reason {
    type: string
    label: "Recent Order Value: why null"
    group_label: "Reasons"
    description: "Why Recent Order Value is null, where it is."
    sql: ${TABLE}.recent_value_reason ;;
  }

  dimension: year_to_date_reason {
    type: string
    label: "Others, Year to Date: why null"
    group_label: "Reasons"
    description: "Why Others, Year to Date is null, where it is."
    sql: ${TABLE}.year_to_date_reason ;;
  }

  dimension_group: period {
    type: time
    label: "Period"
    description: "First day of the period."
    timeframes: [date]
    convert_tz: no
    datatype: date
    sql: ${TABLE}.period_start ;;
  }

  measure: revenue {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.revenue) END ;;
    label: "Revenue"
    description: "What was charged, in $."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:certified", "synonym:turnover"]
  }

  measure: orders {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.orders) END ;;
    label: "Orders"
    description: "How many."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: smallest {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.smallest) END ;;
    label: "Smallest"
    description: "Of a coupon."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: visits_bought {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.visits_bought) END ;;
    label: "Bought in Visits"
    description: "By the day of the visit."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: visits {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.visits) END ;;
    label: "Visits"
    description: "How many visits."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: conversion {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.conversion) END ;;
    label: "Conversion"
    description: "Bought in Visits over Visits."
    value_format_name: percent_1
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: order_value {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.order_value) END ;;
    label: "Order Value"
    description: "Revenue over Orders."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: payments {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.payments) END ;;
    label: "Payments"
    description: "How many."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: orders_over_payments {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.orders_over_payments) END ;;
    label: "Orders over Payments"
    description: "Of one country."
    value_format_name: decimal_2
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: others {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.others) END ;;
    label: "Others"
    description: "Orders − Bought in Visits."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: before {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.before) END ;;
    label: "Before"
    description: "Others a year before."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: recent_value {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.recent_value) END ;;
    label: "Recent Order Value"
    description: "Of 7 days."
    value_format: "#,##0.00 \"USD\""
    tags: ["owner:sales", "version:1", "status:draft"]
  }

  measure: year_to_date {
    type: number
    sql: CASE WHEN COUNT(DISTINCT ${TABLE}.period_start) = 1 THEN MAX(${TABLE}.year_to_date) END ;;
    label: "Others, Year to Date"
    description: "Of the year."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
  }
}
