"""fact_sessions: one row per visit, with the orders that came of it."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.calendar import OUT_OF_CALENDAR, in_calendar
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.first_of_period import GRAINS, flag_fields, flag_name, flags
from lakehouse.gold.identity import customer_key
from lakehouse.settings import Business
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.table import (
    BOOLEAN,
    COUNTRY_CODE,
    DATE,
    INTEGER,
    STRING,
    TIMESTAMP,
    UNKNOWN_KEY,
    Field,
    Layer,
    Privacy,
    Table,
)

TABLE = Table(
    layer=Layer.GOLD,
    name="fact_sessions",
    grain="One row per session.",
    inputs=(SESSIONS, FACT_ORDERS),
    fields=(
        Field("session_key", STRING, "Surrogate key of the session."),
        Field("session_id", STRING, "Session, qualified by its source."),
        Field("visitor_key", STRING, "Surrogate key of the visitor.", privacy=Privacy.PII_INDIRECT),
        Field(
            "customer_key",
            STRING,
            "Who was signed in; -1 where nobody.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("customer_id", STRING, "Customer account signed in.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field("started_at", TIMESTAMP, "When it began, UTC."),
        Field("session_date", DATE, "Business day it began on.", references="dim_dates.calendar_date"),
        Field("session_hour", INTEGER, "Local hour of the day it began in, 0 to 23."),
        Field("marketing_channel", STRING, "Channel that brought the visit; unknown where not delivered."),
        Field("device_type", STRING, "desktop, mobile, tablet, …; unknown where not delivered."),
        Field("country_code", STRING, "Country of the visit; ZZ where unknown.", form=COUNTRY_CODE),
        Field("page_view_count", INTEGER, "Pages seen.", nullable=True),
        Field("order_count", INTEGER, "Qualifying online orders placed in it."),
        Field("has_order", BOOLEAN, "Whether a qualifying online order was placed in it."),
        *flag_fields("visitor", "session"),
        Field("session_week", DATE, "First day of the week of session_date.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("session_key",),
    partition_by=("session_week",),
    scope_by="session_id",
)


OWN = tuple(name for name in TABLE.field_names if name not in map(flag_name, GRAINS))
"""Fields that do not depend on the visitor's other sessions."""


def transform(sessions: DataFrame, fact_orders: DataFrame, business: Business) -> DataFrame:
    """Every live session within the calendar."""
    return with_flags(own_values(sessions, fact_orders, business), business)


def own_values(sessions: DataFrame, fact_orders: DataFrame, business: Business) -> DataFrame:
    """What a session is apart from its visitor's other sessions."""
    orders = (
        fact_orders.where(F.col("is_qualifying") & F.col("is_online") & F.col("session_key").isNotNull())
        .groupBy("session_key")
        .agg(F.count(F.lit(1)).cast("int").alias("_order_count"))
    )
    dated = (
        _dated(sessions, business)
        .where(_set_aside_reason(business).isNull())
        .withColumns(
            {
                "session_key": verbs.surrogate_key(F.col("session_id")),
                "visitor_key": verbs.surrogate_key(F.col("visitor_id")),
            }
        )
    )
    return (
        dated.join(orders, "session_key", "left")
        .withColumns(
            {
                "customer_key": F.coalesce(customer_key(F.col("customer_id")), F.lit(UNKNOWN_KEY)),
                "session_hour": verbs.local_hour(F.col("started_at"), business.timezone).cast("int"),
                "marketing_channel": F.coalesce("marketing_channel", F.lit("unknown")),
                "device_type": F.coalesce("device_type", F.lit("unknown")),
                "country_code": F.coalesce("country_code", F.lit("ZZ")),
                "order_count": F.coalesce("_order_count", F.lit(0)).cast("int"),
                "has_order": F.col("_order_count").isNotNull(),
                "session_week": verbs.start_of(F.col("session_date"), "week", business.week_start),
            }
        )
        .select(*OWN)
    )


def with_flags(own: DataFrame, business: Business, carried: DataFrame | None = None) -> DataFrame:
    """Sessions with their place among their visitor's sessions.

    `own` are all sessions of each visitor from some time on. `carried` (visitor_key, carried_date) has the business day
    of the visitor's last one before, at least where it is of the same year or week.
    """
    visits = Window.partitionBy("visitor_key").orderBy("started_at", "session_id")
    previous = F.lag("session_date").over(visits)
    if carried is not None:
        own = own.join(carried, "visitor_key", "left")
        previous = F.coalesce(previous, F.col("carried_date"))
    dated = own.withColumn("_previous_date", previous)
    return dated.withColumns(
        flags(F.col("_previous_date"), F.col("session_date"), business, applies=F.lit(True))
    ).select(*TABLE.field_names)


def set_aside(sessions: DataFrame, business: Business) -> DataFrame:
    """(row_id, reason) of each live session out of the calendar."""
    return (
        _dated(sessions, business)
        .select(F.col("session_id").alias("row_id"), _set_aside_reason(business).alias("reason"))
        .where(F.col("reason").isNotNull())
    )


def _dated(sessions: DataFrame, business: Business) -> DataFrame:
    return sessions.where(~F.col("_is_deleted")).withColumn(
        "session_date", verbs.business_date(F.col("started_at"), business.timezone)
    )


def _set_aside_reason(business: Business) -> Column:
    return F.when(~in_calendar(F.col("session_date"), business), F.lit(OUT_OF_CALENDAR))
