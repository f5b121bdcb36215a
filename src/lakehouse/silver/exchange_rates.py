"""exchange_rates: one row per currency pair and day on which a rate was published."""

from __future__ import annotations

from lakehouse.silver.provenance import PROVENANCE
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    DATE,
    RATE,
    STRING,
    TIMESTAMP,
    Expectation,
    Field,
    Layer,
    Severity,
    Table,
)

TABLE = Table(
    layer=Layer.SILVER,
    name="exchange_rates",
    grain="One row per currency pair and publication day.",
    fields=(
        Field("rate_date", DATE, "Day from which the rate holds, until the next one is published."),
        Field("from_currency_code", STRING, "Currency converted from, ISO 4217."),
        Field("to_currency_code", STRING, "Currency converted to, ISO 4217."),
        Field("exchange_rate", RATE, "Units of the second currency for one unit of the first."),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
    ),
    primary_key=("rate_date", "from_currency_code", "to_currency_code"),
    expectations=(
        Expectation("rate_is_positive", "exchange_rate > 0", Severity.QUARANTINE),
        Expectation(
            "currency_codes_are_iso",
            "from_currency_code rlike '^[A-Z]{3}$' and to_currency_code rlike '^[A-Z]{3}$'",
            Severity.QUARANTINE,
        ),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: currency codes in upper case."""
    return mapped.withColumns(
        {
            "from_currency_code": F.upper(F.trim("from_currency_code")),
            "to_currency_code": F.upper(F.trim("to_currency_code")),
        }
    )
