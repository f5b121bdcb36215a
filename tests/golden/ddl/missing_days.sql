CREATE TABLE IF NOT EXISTS `gold`.`missing_days` (
  `table_name` string NOT NULL COMMENT 'Fact table.',
  `calendar_date` date NOT NULL COMMENT 'Business day for which a file that feeds the fact came damaged, or was to come and is missing.'
)
USING delta
LOCATION 's3://lake/gold/missing_days'
COMMENT 'One row per fact table and business day that is not known, though days before and after it are.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`table_name`,`calendar_date`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
