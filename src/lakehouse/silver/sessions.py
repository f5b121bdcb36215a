"""sessions: one row per visit to the online shop."""

from __future__ import annotations

from lakehouse.silver.provenance import MONTH, PROVENANCE, stored_month
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    INTEGER,
    STRING,
    TIMESTAMP,
    Expectation,
    Field,
    Layer,
    Privacy,
    Severity,
    Table,
)

TABLE = Table(
    layer=Layer.SILVER,
    name="sessions",
    grain="One row per session.",
    fields=(
        Field("session_id", STRING, "Session, qualified by its source."),
        Field(
            "visitor_id",
            STRING,
            "Visitor (a browser or device), qualified by its source.",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field(
            "customer_id",
            STRING,
            "Customer account signed in.",
            nullable=True,
            references="customers.customer_id",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("started_at", TIMESTAMP, "When the session began, UTC."),
        Field("marketing_channel", STRING, "Channel that brought the visit.", nullable=True),
        Field("device_type", STRING, "desktop, mobile, tablet, ….", nullable=True),
        Field("country_code", STRING, "Country of the visit, ISO 3166-1 alpha-2.", nullable=True),
        Field("page_view_count", INTEGER, "Pages seen.", nullable=True),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
        MONTH,
    ),
    primary_key=("session_id",),
    partition_by=("_month",),
    expectations=(
        Expectation(
            "country_code_is_iso", "country_code is null or country_code rlike '^[A-Z]{2}$'", Severity.QUARANTINE
        ),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: country code in upper case."""
    return mapped.withColumns(
        {"country_code": F.upper(F.trim("country_code")), "_month": stored_month(F.col("started_at"))}
    )
