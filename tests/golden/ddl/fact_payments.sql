CREATE TABLE IF NOT EXISTS `gold`.`fact_payments` (
  `payment_key` string NOT NULL COMMENT 'Surrogate key of the attempt.',
  `payment_id` string NOT NULL COMMENT 'Payment attempt, qualified by its source.',
  `order_key` string COMMENT 'Order being paid; null where it is not known.',
  `customer_key` string NOT NULL COMMENT 'Who pays; -1 where unknown.',
  `customer_id` string COMMENT 'Customer account, where known.',
  `attempted_at` timestamp NOT NULL COMMENT 'When the attempt was made, or else the order, UTC.',
  `attempt_date` date NOT NULL COMMENT 'Business day of the attempt.',
  `attempt_hour` int NOT NULL COMMENT 'Local hour of the day of the attempt, 0 to 23.',
  `attempt_number` int COMMENT 'It is its order\'s n-th attempt, repeats left out.',
  `payment_method` string NOT NULL COMMENT 'card, paypal, bank_transfer, …; unknown where not delivered.',
  `provider` string COMMENT 'Payment provider.',
  `status` string NOT NULL COMMENT 'Outcome of the attempt.',
  `failure_reason` string COMMENT 'Why it failed.',
  `is_counted` boolean NOT NULL COMMENT 'False for a repeat of a request that another row counts already.',
  `is_successful` boolean NOT NULL COMMENT 'Whether it counts and succeeded.',
  `is_failed` boolean NOT NULL COMMENT 'Whether it counts and failed.',
  `amount` decimal(18,2) NOT NULL COMMENT 'Amount of the attempt.',
  `currency_code` string NOT NULL COMMENT 'Reporting currency, in which the amount is.',
  `exchange_rate` decimal(18,8) NOT NULL COMMENT 'Its order\'s rate where that has the same currency; else its own day\'s.',
  `transaction_amount` decimal(18,2) NOT NULL COMMENT 'Amount in the currency of the attempt.',
  `transaction_currency_code` string NOT NULL COMMENT 'Currency of the attempt.',
  `attempt_week` date NOT NULL COMMENT 'First day of the week of attempt_date.'
)
USING delta
PARTITIONED BY (`attempt_week`)
LOCATION 's3://lake/gold/fact_payments'
COMMENT 'One row per payment attempt.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`payment_key`,`payment_id`,`order_key`,`customer_key`,`customer_id`,`attempted_at`,`attempt_date`,`attempt_hour`,`attempt_number`,`payment_method`,`provider`,`status`,`failure_reason`,`amount`,`currency_code`,`exchange_rate`,`transaction_amount`,`transaction_currency_code`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
