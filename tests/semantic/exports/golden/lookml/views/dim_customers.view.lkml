# Written by `lakehouse export`: what is changed here is lost.
view: dim_customers {
  sql_table_name: shop.dim_customers ;;
  label: "Customers"

  dimension: customer_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: ${TABLE}.customer_key ;;
  }

  dimension: gender {
    type: string
    label: "Gender"
    group_label: "Customer"
    description: "Gender as stated."
    sql: ${TABLE}.gender ;;
  }
}
