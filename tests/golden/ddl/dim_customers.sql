CREATE TABLE IF NOT EXISTS `gold`.`dim_customers` (
  `customer_key` string NOT NULL COMMENT 'Surrogate key of the customer; -1 is the unknown member.',
  `customer_id` string COMMENT 'Customer account, qualified by its source; null for guests.',
  `customer_type` string NOT NULL COMMENT 'registered: the account was delivered; inferred: only facts name it yet; guest: ordered without one.',
  `gender` string COMMENT 'Gender as stated.',
  `birth_year` int COMMENT 'Year of birth.',
  `country_code` string NOT NULL COMMENT 'Country of residence; of the first order where no account says; or ZZ.',
  `region` string COMMENT 'State, province or region of residence.',
  `city` string COMMENT 'City of residence.',
  `acquisition_channel` string COMMENT 'Marketing channel that won the customer.',
  `has_marketing_consent` boolean COMMENT 'Whether marketing mail is allowed.',
  `registered_at` timestamp COMMENT 'When the account was opened, UTC.',
  `registration_date` date COMMENT 'Business day on which the account was opened.',
  `first_ordered_at` timestamp COMMENT 'When the first order was placed, qualifying or not, UTC.',
  `first_order_country_code` string COMMENT 'Country that order was shipped to.',
  `first_order_date` date COMMENT 'Business day of the first qualifying order.',
  `last_order_date` date COMMENT 'Business day of the latest qualifying order.',
  `order_count` int NOT NULL COMMENT 'Qualifying orders to date.',
  `lifetime_amount` decimal(18,2) NOT NULL COMMENT 'Total of the qualifying orders to date, in the reporting currency.'
)
USING delta
LOCATION 's3://lake/gold/dim_customers'
COMMENT 'One row per customer: accounts, accounts that only facts name, guests, and the unknown member.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`customer_key`,`customer_id`,`customer_type`,`gender`,`birth_year`,`country_code`,`region`,`city`,`acquisition_channel`,`registered_at`,`registration_date`,`first_ordered_at`,`first_order_country_code`,`first_order_date`,`last_order_date`,`order_count`,`lifetime_amount`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
