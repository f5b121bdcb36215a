CREATE TABLE IF NOT EXISTS `gold`.`dim_dates` (
  `calendar_date` date NOT NULL COMMENT 'The day.',
  `week_start_date` date NOT NULL COMMENT 'First day of its week, by the setting for when weeks start.',
  `month_start_date` date NOT NULL COMMENT 'First day of its month.',
  `quarter_start_date` date NOT NULL COMMENT 'First day of its quarter.',
  `year_start_date` date NOT NULL COMMENT 'First day of its year.',
  `year` int NOT NULL COMMENT 'Calendar year.',
  `quarter` int NOT NULL COMMENT 'Quarter of the year, 1 to 4.',
  `month` int NOT NULL COMMENT 'Month of the year, 1 to 12.',
  `month_name` string NOT NULL COMMENT 'English name of the month.',
  `day_of_month` int NOT NULL COMMENT 'Day of the month, from 1.',
  `day_of_year` int NOT NULL COMMENT 'Day of the year, from 1.',
  `day_of_week` int NOT NULL COMMENT 'Day of the ISO week, 1 = Monday … 7 = Sunday.',
  `day_name` string NOT NULL COMMENT 'English name of the day.',
  `is_weekend` boolean NOT NULL COMMENT 'Whether it is a Saturday or Sunday.',
  `iso_year` int NOT NULL COMMENT 'Year of its ISO 8601 week.',
  `iso_week` int NOT NULL COMMENT 'ISO 8601 week, 1 to 53.',
  `fiscal_year` int NOT NULL COMMENT 'Fiscal year; of months, named by the calendar year it ends in.',
  `fiscal_quarter` int NOT NULL COMMENT 'Quarter of the fiscal year, 1 to 4.',
  `fiscal_month` int NOT NULL COMMENT 'Month of the fiscal year, 1 to 12.',
  `fiscal_week` int COMMENT 'Week of a fiscal year of weeks, 1 to 53; null where it is of months.',
  `fiscal_month_start_date` date NOT NULL COMMENT 'First day of its fiscal month.',
  `fiscal_quarter_start_date` date NOT NULL COMMENT 'First day of its fiscal quarter.',
  `fiscal_year_start_date` date NOT NULL COMMENT 'First day of its fiscal year.',
  `is_holiday` boolean NOT NULL COMMENT 'Whether it is a public holiday.',
  `holiday_name` string COMMENT 'Name of the public holiday.',
  `occasion_name` string COMMENT 'Name of the occasion; of several, the first by the alphabet.',
  `occasion_last_year_date` date COMMENT 'Day of the same occasion a year before, if it is here.'
)
USING delta
LOCATION 's3://lake/gold/dim_dates'
COMMENT 'One row per calendar day.'
TBLPROPERTIES ('delta.dataSkippingStatsColumns' = '`calendar_date`,`week_start_date`,`month_start_date`,`quarter_start_date`,`year_start_date`,`year`,`quarter`,`month`,`month_name`,`day_of_month`,`day_of_year`,`day_of_week`,`day_name`,`iso_year`,`iso_week`,`fiscal_year`,`fiscal_quarter`,`fiscal_month`,`fiscal_week`,`fiscal_month_start_date`,`fiscal_quarter_start_date`,`fiscal_year_start_date`,`holiday_name`,`occasion_name`,`occasion_last_year_date`', 'delta.deletedFileRetentionDuration' = 'interval 400 days', 'delta.logRetentionDuration' = 'interval 400 days', 'delta.enableExpiredLogCleanup' = 'false')
