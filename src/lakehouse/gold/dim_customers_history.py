"""dim_customers_history: what was known of each customer account at any time (type 2)."""

from __future__ import annotations

from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.history import VALIDITY, stretches
from lakehouse.gold.identity import customer_key
from lakehouse.silver.customer_versions import TABLE as CUSTOMER_VERSIONS
from lakehouse.silver.customers import GENDERS
from lakehouse.spark import DataFrame, F
from lakehouse.table import BOOLEAN, COUNTRY_CODE, STRING, Field, Layer, Privacy, Table

TRACKED = ("gender", "country_code", "region", "city", "acquisition_channel", "has_marketing_consent")

TABLE = Table(
    layer=Layer.GOLD,
    name="dim_customers_history",
    grain="One row per customer account and stretch of time in which nothing tracked changed.",
    inputs=(CUSTOMER_VERSIONS, DIM_CUSTOMERS),
    fields=(
        Field("history_key", STRING, "Surrogate key of the stretch."),
        Field(
            "customer_key",
            STRING,
            "Customer who is described.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("customer_id", STRING, "Customer account, qualified by its source.", privacy=Privacy.PII_INDIRECT),
        *VALIDITY,
        Field("gender", STRING, "Gender as stated.", nullable=True, values=GENDERS, privacy=Privacy.PII_INDIRECT),
        Field("country_code", STRING, "Country of residence, ISO 3166-1 alpha-2; ZZ where unknown.", form=COUNTRY_CODE),
        Field("region", STRING, "State, province or region of residence.", nullable=True),
        Field("city", STRING, "City of residence.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field("acquisition_channel", STRING, "Marketing channel that won the customer.", nullable=True),
        Field("has_marketing_consent", BOOLEAN, "Whether marketing mail was allowed.", nullable=True),
    ),
    primary_key=("history_key",),
    scope_by="customer_id",
)


def transform(customer_versions: DataFrame, dim_customers: DataFrame) -> DataFrame:
    """Stretches of equal values of the tracked fields; a deleted account that no fact names has no history either."""
    return (
        stretches(customer_versions, "customer_id", TRACKED)
        .withColumns(
            {
                "customer_key": customer_key(F.col("customer_id")),
                "country_code": F.coalesce("country_code", F.lit("ZZ")),
            }
        )
        .join(dim_customers, "customer_key", "left_semi")
        .select(*TABLE.field_names)
    )
