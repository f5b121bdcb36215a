CREATE TABLE IF NOT EXISTS `gold`.`dim_customers_history` (
  `history_key` string NOT NULL COMMENT 'Surrogate key of the stretch.',
  `customer_key` string NOT NULL COMMENT 'Customer who is described.',
  `customer_id` string NOT NULL COMMENT 'Customer account, qualified by its source.',
  `valid_from` timestamp NOT NULL COMMENT 'From when these values held, UTC; the first ones held since 1900.',
  `valid_to` timestamp NOT NULL COMMENT 'Until when they held, exclusive, UTC; year 9999 while they still do.',
  `is_current` boolean NOT NULL COMMENT 'Whether these values hold now.',
  `gender` string COMMENT 'Gender as stated.',
  `country_code` string NOT NULL COMMENT 'Country of residence, ISO 3166-1 alpha-2; ZZ where unknown.',
  `region` string COMMENT 'State, province or region of residence.',
  `city` string COMMENT 'City of residence.',
  `acquisition_channel` string COMMENT 'Marketing channel that won the customer.',
  `has_marketing_consent` boolean COMMENT 'Whether marketing mail was allowed.'
)
USING delta
LOCATION 's3://lake/gold/dim_customers_history'
COMMENT 'One row per customer account and stretch of time in which nothing tracked changed.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`history_key`,`customer_key`,`customer_id`,`valid_from`,`valid_to`,`gender`,`country_code`,`region`,`city`,`acquisition_channel`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
