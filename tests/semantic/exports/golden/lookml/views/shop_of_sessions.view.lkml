# Written by `lakehouse export`: what is changed here is lost.
view: shop_of_sessions {
  sql_table_name: shop.shop_of_sessions ;;
  label: "Shop: sessions"

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

  measure: visits {
    type: sum
    sql: ${TABLE}.visits_value ;;
    label: "Visits"
    description: "How many visits."
    value_format_name: decimal_0
    tags: ["owner:sales", "version:1", "status:draft"]
    drill_fields: [detail*]
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
