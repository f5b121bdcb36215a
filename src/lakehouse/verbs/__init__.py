"""The few expressions in which engines differ, written once so that all give the same to the last digit.

Every verb is built of `pyspark.sql.functions` that Sail, Spark 3.5 and Spark 4.1 all have. Text that can not be read
is null, never an error; a number that does not fit is an error, never another number.
"""

from __future__ import annotations

from lakehouse.verbs.allocation import allocate
from lakehouse.verbs.calendar import (
    business_date,
    day_of_week,
    days_between,
    iso_week,
    iso_year,
    local_hour,
    local_timestamp,
    start_of,
    to_utc,
)
from lakehouse.verbs.frames import (
    expand_days,
    from_arrow,
    hand_over_by,
    is_connect,
    latest,
    nullable,
    spread_for_writing,
    to_arrow,
)
from lakehouse.verbs.keys import row_hash, surrogate_key
from lakehouse.verbs.numbers import (
    bounded_sum,
    multiply,
    parse_decimal,
    parse_integer,
    quotient,
    round_half_up,
)
from lakehouse.verbs.patterns import Pattern
from lakehouse.verbs.texts import normalised_email, parse_boolean
from lakehouse.verbs.times import parse_date, parse_epoch, parse_iso_timestamp, parse_timestamp

__all__ = [
    "Pattern",
    "allocate",
    "bounded_sum",
    "business_date",
    "day_of_week",
    "days_between",
    "expand_days",
    "from_arrow",
    "hand_over_by",
    "is_connect",
    "iso_week",
    "iso_year",
    "latest",
    "local_hour",
    "local_timestamp",
    "multiply",
    "normalised_email",
    "nullable",
    "parse_boolean",
    "parse_date",
    "parse_decimal",
    "parse_epoch",
    "parse_integer",
    "parse_iso_timestamp",
    "parse_timestamp",
    "quotient",
    "round_half_up",
    "row_hash",
    "spread_for_writing",
    "start_of",
    "surrogate_key",
    "to_arrow",
    "to_utc",
]
