CREATE TABLE IF NOT EXISTS `gold`.`fact_refunds` (
  `refund_key` string NOT NULL COMMENT 'Surrogate key of the refund.',
  `refund_id` string NOT NULL COMMENT 'Refund, qualified by its source.',
  `order_key` string COMMENT 'Order refunded; null where it is not known.',
  `order_line_key` string COMMENT 'Order line refunded; null for a whole order.',
  `customer_key` string NOT NULL COMMENT 'Who is refunded; -1 where unknown.',
  `refunded_at` timestamp NOT NULL COMMENT 'When it was refunded, UTC.',
  `refund_date` date NOT NULL COMMENT 'Business day of the refund.',
  `order_date` date COMMENT 'Business day of the order, where known.',
  `sales_channel` string NOT NULL COMMENT 'Where the order was sold; unknown without the order.',
  `country_code` string NOT NULL COMMENT 'Country the order was shipped to; ZZ where unknown.',
  `goods_amount` decimal(18,2) NOT NULL COMMENT 'Refund of goods.',
  `shipping_amount` decimal(18,2) NOT NULL COMMENT 'Refund of shipping.',
  `tax_amount` decimal(18,2) NOT NULL COMMENT 'Refund of tax.',
  `refund_amount` decimal(18,2) NOT NULL COMMENT 'Sum of the three.',
  `currency_code` string NOT NULL COMMENT 'Reporting currency, in which the amounts are.',
  `exchange_rate` decimal(18,8) NOT NULL COMMENT 'Its order\'s rate where that has the same currency; else its own day\'s.',
  `transaction_currency_code` string NOT NULL COMMENT 'Currency of the refund.',
  `reason` string COMMENT 'Reason given.',
  `refund_week` date NOT NULL COMMENT 'First day of the week of refund_date.'
)
USING delta
PARTITIONED BY (`refund_week`)
LOCATION 's3://lake/gold/fact_refunds'
COMMENT 'One row per refund.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`refund_key`,`refund_id`,`order_key`,`order_line_key`,`customer_key`,`refunded_at`,`refund_date`,`order_date`,`sales_channel`,`country_code`,`goods_amount`,`shipping_amount`,`tax_amount`,`refund_amount`,`currency_code`,`exchange_rate`,`transaction_currency_code`,`reason`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
