# Written by `lakehouse export`: what is changed here is lost.
view: dim_dates {
  sql_table_name: shop.dim_dates ;;
  label: "Dates"

  dimension: calendar_date {
    primary_key: yes
    hidden: yes
    type: string
    sql: ${TABLE}.calendar_date ;;
  }

  dimension: day_name_order {
    hidden: yes
    type: number
    sql: ${TABLE}.day_of_week ;;
  }

  dimension: day_name {
    type: string
    label: "Weekday"
    group_label: "Time"
    description: "English name of the day."
    sql: ${TABLE}.day_name ;;
    order_by_field: day_name_order
  }
}
