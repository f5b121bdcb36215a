# Written by `lakehouse export`: what is changed here is lost.
view: dim_products {
  sql_table_name: shop.dim_products ;;
  label: "Products"

  dimension: product_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: ${TABLE}.product_key ;;
  }

  dimension: product_category {
    type: string
    label: "Category"
    group_label: "Product"
    description: "Category; unknown where not delivered."
    sql: ${TABLE}.category ;;
  }
}
