CREATE TABLE IF NOT EXISTS `gold`.`fact_sessions` (
  `session_key` string NOT NULL COMMENT 'Surrogate key of the session.',
  `session_id` string NOT NULL COMMENT 'Session, qualified by its source.',
  `visitor_key` string NOT NULL COMMENT 'Surrogate key of the visitor.',
  `customer_key` string NOT NULL COMMENT 'Who was signed in; -1 where nobody.',
  `customer_id` string COMMENT 'Customer account signed in.',
  `started_at` timestamp NOT NULL COMMENT 'When it began, UTC.',
  `session_date` date NOT NULL COMMENT 'Business day it began on.',
  `session_hour` int NOT NULL COMMENT 'Local hour of the day it began in, 0 to 23.',
  `marketing_channel` string NOT NULL COMMENT 'Channel that brought the visit; unknown where not delivered.',
  `device_type` string NOT NULL COMMENT 'desktop, mobile, tablet, …; unknown where not delivered.',
  `country_code` string NOT NULL COMMENT 'Country of the visit; ZZ where unknown.',
  `page_view_count` int COMMENT 'Pages seen.',
  `order_count` int NOT NULL COMMENT 'Qualifying online orders placed in it.',
  `has_order` boolean NOT NULL COMMENT 'Whether a qualifying online order was placed in it.',
  `is_first_of_day` boolean NOT NULL COMMENT 'Whether it is the visitor\'s first session of the business day.',
  `is_first_of_week` boolean NOT NULL COMMENT 'Whether it is the visitor\'s first session of the business week.',
  `is_first_of_month` boolean NOT NULL COMMENT 'Whether it is the visitor\'s first session of the business month.',
  `is_first_of_quarter` boolean NOT NULL COMMENT 'Whether it is the visitor\'s first session of the business quarter.',
  `is_first_of_year` boolean NOT NULL COMMENT 'Whether it is the visitor\'s first session of the business year.',
  `session_week` date NOT NULL COMMENT 'First day of the week of session_date.'
)
USING delta
PARTITIONED BY (`session_week`)
LOCATION 's3://lake/gold/fact_sessions'
COMMENT 'One row per session.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`session_key`,`session_id`,`visitor_key`,`customer_key`,`customer_id`,`started_at`,`session_date`,`session_hour`,`marketing_channel`,`device_type`,`country_code`,`page_view_count`,`order_count`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
