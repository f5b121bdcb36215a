CREATE TABLE IF NOT EXISTS `gold`.`dim_exchange_rates` (
  `currency_code` string NOT NULL COMMENT 'Currency converted from, ISO 4217.',
  `rate_date` date NOT NULL COMMENT 'Day on which the rate is used.',
  `exchange_rate` decimal(18,8) NOT NULL COMMENT 'Reporting currency units for one unit.',
  `published_date` date NOT NULL COMMENT 'Day on which the rate was published.'
)
USING delta
LOCATION 's3://lake/gold/dim_exchange_rates'
COMMENT 'One row per currency and day on which a rate into the reporting currency is usable.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`currency_code`,`rate_date`,`exchange_rate`,`published_date`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
