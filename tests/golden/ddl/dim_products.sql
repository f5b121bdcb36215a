CREATE TABLE IF NOT EXISTS `gold`.`dim_products` (
  `product_key` string NOT NULL COMMENT 'Surrogate key of the product; -1 is the unknown member.',
  `product_id` string COMMENT 'Product, qualified by its source.',
  `is_inferred` boolean NOT NULL COMMENT 'Whether only order lines name it, the catalogue not yet.',
  `sku` string COMMENT 'Stock keeping unit.',
  `product_name` string NOT NULL COMMENT 'Name shown to customers; as last sold where the catalogue has none.',
  `category` string NOT NULL COMMENT 'Category; unknown where not delivered.',
  `subcategory` string NOT NULL COMMENT 'Subcategory; unknown where not delivered.',
  `brand` string COMMENT 'Brand or vendor.',
  `unit_price_amount` decimal(18,4) COMMENT 'List price of one unit.',
  `unit_cost_amount` decimal(18,4) COMMENT 'What one unit costs the shop.',
  `currency_code` string COMMENT 'Currency of price and cost.',
  `is_active` boolean COMMENT 'Whether the product is on sale.'
)
USING delta
LOCATION 's3://lake/gold/dim_products'
COMMENT 'One row per product: the catalogue, products that only order lines name, and the unknown member.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`product_key`,`product_id`,`sku`,`product_name`,`category`,`subcategory`,`brand`,`unit_price_amount`,`unit_cost_amount`,`currency_code`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
