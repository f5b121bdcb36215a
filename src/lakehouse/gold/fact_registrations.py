"""fact_registrations: one row per account, on the day it was opened, with whether it has ordered since."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.calendar import OUT_OF_CALENDAR, in_calendar
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.settings import Business
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import BOOLEAN, DATE, STRING, TIMESTAMP, Field, Layer, Privacy, Table

TABLE = Table(
    layer=Layer.GOLD,
    name="fact_registrations",
    grain="One row per customer account of which it is known when it was opened.",
    inputs=(DIM_CUSTOMERS,),
    fields=(
        Field(
            "customer_key",
            STRING,
            "Whose account it is.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("registered_at", TIMESTAMP, "When the account was opened, UTC."),
        Field(
            "registration_date",
            DATE,
            "Business day on which the account was opened.",
            references="dim_dates.calendar_date",
        ),
        Field(
            "has_ordered",
            BOOLEAN,
            "Whether a qualifying order was placed by the customer since: on the day the account was opened or later.",
        ),
        Field(
            "first_order_date",
            DATE,
            "Business day of the customer's first qualifying order; before the registration's where it was a guest's.",
            nullable=True,
        ),
        Field("registration_week", DATE, "First day of the week of registration_date.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("customer_key",),
    partition_by=("registration_week",),
)


def transform(dim_customers: DataFrame, business: Business) -> DataFrame:
    """Every account that was opened within the calendar."""
    opened = dim_customers.where(F.col("registration_date").isNotNull() & in_calendar(_day(), business))
    return opened.withColumns(
        {
            "has_ordered": F.coalesce(F.col("last_order_date") >= _day(), F.lit(False)),
            "registration_week": verbs.start_of(_day(), "week", business.week_start),
        }
    ).select(*TABLE.field_names)


def set_aside(dim_customers: DataFrame, business: Business) -> DataFrame:
    """(row_id, reason) of each account that was opened out of the calendar."""
    return dim_customers.where(~in_calendar(_day(), business)).select(
        F.col("customer_id").alias("row_id"), F.lit(OUT_OF_CALENDAR).alias("reason")
    )


def _day() -> Column:
    return F.col("registration_date")
