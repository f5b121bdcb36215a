CREATE TABLE IF NOT EXISTS `gold`.`fact_registrations` (
  `customer_key` string NOT NULL COMMENT 'Whose account it is.',
  `registered_at` timestamp NOT NULL COMMENT 'When the account was opened, UTC.',
  `registration_date` date NOT NULL COMMENT 'Business day on which the account was opened.',
  `has_ordered` boolean NOT NULL COMMENT 'Whether a qualifying order was placed by the customer since: on the day the account was opened or later.',
  `first_order_date` date COMMENT 'Business day of the customer\'s first qualifying order; before the registration\'s where it was a guest\'s.',
  `registration_week` date NOT NULL COMMENT 'First day of the week of registration_date.'
)
USING delta
PARTITIONED BY (`registration_week`)
LOCATION 's3://lake/gold/fact_registrations'
COMMENT 'One row per customer account of which it is known when it was opened.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`customer_key`,`registered_at`,`registration_date`,`first_order_date`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
