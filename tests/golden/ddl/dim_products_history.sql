CREATE TABLE IF NOT EXISTS `gold`.`dim_products_history` (
  `history_key` string NOT NULL COMMENT 'Surrogate key of the stretch.',
  `product_key` string NOT NULL COMMENT 'Product that is described.',
  `product_id` string NOT NULL COMMENT 'Product, qualified by its source.',
  `valid_from` timestamp NOT NULL COMMENT 'From when these values held, UTC; the first ones held since 1900.',
  `valid_to` timestamp NOT NULL COMMENT 'Until when they held, exclusive, UTC; year 9999 while they still do.',
  `is_current` boolean NOT NULL COMMENT 'Whether these values hold now.',
  `sku` string COMMENT 'Stock keeping unit.',
  `product_name` string COMMENT 'Name shown to customers.',
  `category` string COMMENT 'Category, as the source names it.',
  `subcategory` string COMMENT 'Subcategory within the category.',
  `brand` string COMMENT 'Brand or vendor.',
  `unit_price_amount` decimal(18,4) COMMENT 'List price of one unit.',
  `unit_cost_amount` decimal(18,4) COMMENT 'What one unit cost the shop.',
  `currency_code` string COMMENT 'Currency of price and cost.',
  `is_active` boolean COMMENT 'Whether the product was on sale.'
)
USING delta
LOCATION 's3://lake/gold/dim_products_history'
COMMENT 'One row per product and stretch of time in which nothing tracked changed.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`history_key`,`product_key`,`product_id`,`valid_from`,`valid_to`,`sku`,`product_name`,`category`,`subcategory`,`brand`,`unit_price_amount`,`unit_cost_amount`,`currency_code`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
