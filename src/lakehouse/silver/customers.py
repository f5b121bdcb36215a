"""customers: one row per customer account, as its latest version says."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.silver.provenance import MONTH, PROVENANCE, stored_month
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    BOOLEAN,
    DATE,
    STRING,
    TIMESTAMP,
    Expectation,
    Field,
    Layer,
    Privacy,
    Severity,
    Table,
)

GENDERS = ("female", "male", "other")

TABLE = Table(
    layer=Layer.SILVER,
    name="customers",
    grain="One row per customer account.",
    fields=(
        Field("customer_id", STRING, "Customer account, qualified by its source.", privacy=Privacy.PII_INDIRECT),
        Field("email", STRING, "E-mail address, trimmed and lower case.", nullable=True, privacy=Privacy.PII_DIRECT),
        Field("first_name", STRING, "Given name.", nullable=True, privacy=Privacy.PII_DIRECT),
        Field("last_name", STRING, "Family name.", nullable=True, privacy=Privacy.PII_DIRECT),
        Field("gender", STRING, "Gender as stated.", nullable=True, values=GENDERS, privacy=Privacy.PII_INDIRECT),
        Field("birth_date", DATE, "Date of birth.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field("country_code", STRING, "Country of residence, ISO 3166-1 alpha-2.", nullable=True),
        Field("region", STRING, "State, province or region of residence.", nullable=True),
        Field("city", STRING, "City of residence.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field("acquisition_channel", STRING, "Marketing channel that won the customer.", nullable=True),
        Field("has_marketing_consent", BOOLEAN, "Whether marketing mail is allowed.", nullable=True),
        Field("registered_at", TIMESTAMP, "When the account was opened, UTC.", nullable=True),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
        MONTH,
    ),
    primary_key=("customer_id",),
    partition_by=("_month",),
    expectations=(
        Expectation(
            "country_code_is_iso", "country_code is null or country_code rlike '^[A-Z]{2}$'", Severity.QUARANTINE
        ),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: e-mail normalised, country code in upper case."""
    return mapped.withColumns(
        {
            "email": verbs.normalised_email(F.col("email")),
            "country_code": F.upper(F.trim("country_code")),
            "_month": stored_month(F.col("registered_at")),
        }
    )
