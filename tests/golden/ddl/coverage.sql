CREATE TABLE IF NOT EXISTS `gold`.`coverage` (
  `table_name` string NOT NULL COMMENT 'Fact table.',
  `row_count` bigint NOT NULL COMMENT 'Rows of the fact.',
  `first_date` date COMMENT 'First business day with a row; of registrations, from the first day on that orders are known for.',
  `last_date` date COMMENT 'Last business day with a row; of registrations, from the first day on that orders are known for.',
  `first_known_date` date COMMENT 'First business day that the fact is known for; null where no source delivers it.',
  `last_known_date` date COMMENT 'Last business day that the fact is known for: what came after has not arrived.'
)
USING delta
LOCATION 's3://lake/gold/coverage'
COMMENT 'One row per fact table.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`table_name`,`row_count`,`first_date`,`last_date`,`first_known_date`,`last_known_date`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
