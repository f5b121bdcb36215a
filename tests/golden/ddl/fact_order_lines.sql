CREATE TABLE IF NOT EXISTS `gold`.`fact_order_lines` (
  `order_line_key` string NOT NULL COMMENT 'Surrogate key of the line.',
  `order_line_id` string COMMENT 'Order line, qualified by its source.',
  `order_key` string NOT NULL COMMENT 'Order it belongs to.',
  `order_id` string NOT NULL COMMENT 'Order it belongs to, qualified by its source.',
  `line_number` int NOT NULL COMMENT 'Position within the order, from 1.',
  `product_key` string NOT NULL COMMENT 'Product sold.',
  `product_id` string COMMENT 'Product sold, qualified by its source.',
  `customer_key` string NOT NULL COMMENT 'Who ordered.',
  `order_date` date NOT NULL COMMENT 'Business day of the order.',
  `is_qualifying` boolean NOT NULL COMMENT 'Whether its order counts.',
  `sales_channel` string NOT NULL COMMENT 'Where the order was sold.',
  `country_code` string NOT NULL COMMENT 'Country the order is shipped to; ZZ where unknown.',
  `quantity` decimal(18,3) NOT NULL COMMENT 'Units sold.',
  `unit_price_amount` decimal(18,4) COMMENT 'Price of one unit in the order\'s currency.',
  `gross_amount` decimal(18,2) NOT NULL COMMENT 'Price × quantity, before discounts and without tax.',
  `discount_amount` decimal(18,2) NOT NULL COMMENT 'Its own discount and its share of the order\'s.',
  `shipping_amount` decimal(18,2) NOT NULL COMMENT 'Its share of the order\'s shipping.',
  `tax_amount` decimal(18,2) NOT NULL COMMENT 'Its own tax and its share of the order\'s.',
  `total_amount` decimal(18,2) NOT NULL COMMENT 'Its share of what the customer was charged.',
  `cost_amount` decimal(18,2) COMMENT 'What the goods cost the shop when sold; null where unknown.',
  `currency_code` string NOT NULL COMMENT 'Reporting currency, in which the amounts are.',
  `order_week` date NOT NULL COMMENT 'First day of the week of order_date.'
)
USING delta
PARTITIONED BY (`order_week`)
LOCATION 's3://lake/gold/fact_order_lines'
COMMENT 'One row per order line; an order that came without lines has one line of the unknown product.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`order_line_key`,`order_line_id`,`order_key`,`order_id`,`line_number`,`product_key`,`product_id`,`customer_key`,`order_date`,`sales_channel`,`country_code`,`quantity`,`unit_price_amount`,`gross_amount`,`discount_amount`,`shipping_amount`,`tax_amount`,`total_amount`,`cost_amount`,`currency_code`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
