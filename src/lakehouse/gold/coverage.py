"""coverage: from when to when each fact is known; outside of it a metric is not zero but unknown.

Rows tell, and so do files whose path names a day: an empty file for a day says that there was none. The days of files
are believed where the newest file with records brought rows of its own day or of later ones: some systems name files
by the day of their export, which is a day too late.

Accounts were opened long before a lake has any order. Their days before the first that orders are known for are none of
the lake's: it would begin with its oldest account, and years without an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType

from lakehouse.gold.fact_order_lines import TABLE as FACT_ORDER_LINES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_refunds import TABLE as FACT_REFUNDS
from lakehouse.gold.fact_registrations import TABLE as FACT_REGISTRATIONS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.table import BIGINT, DATE, STRING, Field, Layer, Privacy, Table


@dataclass(frozen=True)
class Covered:
    """A fact, its field with the business day, and the entities whose files tell of it."""

    table: Table
    date: str
    fed_by: tuple[str, ...]


COVERED: Mapping[str, Covered] = MappingProxyType(
    {
        fact.table.name: fact
        for fact in (
            Covered(FACT_ORDERS, "order_date", ("orders", "order_lines")),
            Covered(FACT_ORDER_LINES, "order_date", ("orders", "order_lines")),
            Covered(FACT_PAYMENTS, "attempt_date", ("payments",)),
            Covered(FACT_REFUNDS, "refund_date", ("refunds",)),
            Covered(FACT_REGISTRATIONS, "registration_date", ("customers",)),
            Covered(FACT_SESSIONS, "session_date", ("sessions",)),
        )
    }
)

TABLE = Table(
    layer=Layer.GOLD,
    name="coverage",
    grain="One row per fact table.",
    inputs=(*(fact.table for fact in COVERED.values()), DELIVERIES),
    fields=(
        Field("table_name", STRING, "Fact table.", privacy=Privacy.PUBLIC),
        Field("row_count", BIGINT, "Rows of the fact.", privacy=Privacy.PUBLIC),
        Field(
            "first_date",
            DATE,
            "First business day with a row; of registrations, from the first day on that orders are known for.",
            nullable=True,
            privacy=Privacy.PUBLIC,
        ),
        Field(
            "last_date",
            DATE,
            "Last business day with a row; of registrations, from the first day on that orders are known for.",
            nullable=True,
            privacy=Privacy.PUBLIC,
        ),
        Field(
            "first_known_date",
            DATE,
            "First business day that the fact is known for; null where no source delivers it.",
            nullable=True,
            privacy=Privacy.PUBLIC,
        ),
        Field(
            "last_known_date",
            DATE,
            "Last business day that the fact is known for: what came after has not arrived.",
            nullable=True,
            privacy=Privacy.PUBLIC,
        ),
    ),
    primary_key=("table_name",),
)


def transform(
    fact_orders: DataFrame,
    fact_order_lines: DataFrame,
    fact_payments: DataFrame,
    fact_refunds: DataFrame,
    fact_registrations: DataFrame,
    fact_sessions: DataFrame,
    deliveries: DataFrame,
) -> DataFrame:
    """Rows, first and last business day of each fact, and from when to when it is known."""
    # An order without lines and without a total of its own has no amount yet; its lines are known when it is.
    is_priced = (F.col("line_count") > 0) | F.col("declared_total_amount").isNotNull()
    every, none = F.lit(True), F.lit(False)
    orders = _span(fact_orders, COVERED["fact_orders"], is_priced, deliveries)
    facts = {
        "fact_order_lines": (fact_order_lines, none),
        "fact_payments": (fact_payments, every),
        "fact_refunds": (fact_refunds, every),
        "fact_registrations": (_since_orders(fact_registrations, orders), every),
        "fact_sessions": (fact_sessions, every),
    }
    spans = [orders, *(_span(fact, COVERED[name], tells, deliveries) for name, (fact, tells) in facts.items())]
    own = reduce(lambda left, right: left.unionByName(right), spans).withColumns(_own())
    return own.withColumns(_with_orders()).select(*TABLE.field_names)


def _since_orders(registrations: DataFrame, orders: DataFrame) -> DataFrame:
    """Registrations, those before the first day that orders are known for without their day."""
    begin = orders.withColumns(_own()).select(F.col("_first").alias("_begin"))
    is_since = F.col("_begin").isNull() | (F.col("registration_date") >= F.col("_begin"))
    dated = registrations.select("registration_date").crossJoin(begin)
    return dated.withColumn("registration_date", F.when(is_since, F.col("registration_date")))


def _span(fact: DataFrame, covered: Covered, tells: Column, deliveries: DataFrame) -> DataFrame:
    """Of a fact, of those rows of it that tell how far it is known, and of the files that do."""
    telling = F.when(tells, F.col(covered.date))
    return fact.agg(
        F.lit(covered.table.name).alias("table_name"),
        F.count(F.lit(1)).alias("row_count"),
        F.min(covered.date).alias("first_date"),
        F.max(covered.date).alias("last_date"),
        F.min(telling).alias("_first_telling"),
        F.max(telling).alias("_last_telling"),
    ).crossJoin(_delivered(deliveries, covered))


def _delivered(deliveries: DataFrame, covered: Covered) -> DataFrame:
    """The days from which on and up to which there are files of all the entities, and of the newest with records."""
    by_entity = (
        deliveries.where(F.col("entity").isin(*covered.fed_by) & F.col("record_count").isNotNull())
        .groupBy("entity")
        .agg(
            F.min("delivery_date").alias("_from"),
            F.max("delivery_date").alias("_to"),
            F.max(F.when(F.col("record_count") > 0, F.col("delivery_date"))).alias("_filled"),
        )
    )
    return by_entity.agg(F.max("_from").alias("_from"), F.min("_to").alias("_to"), F.min("_filled").alias("_filled"))


def _own() -> dict[str, Column]:
    """How far a fact's own rows and files go; where none of its rows tells, all of them do."""
    is_believed = F.coalesce(F.col("_filled") <= F.col("last_date"), F.col("_filled").isNull())
    is_by_rows = F.col("table_name") != "fact_order_lines"
    first = F.coalesce("_first_telling", F.when(is_by_rows, F.col("first_date")))
    last = F.coalesce("_last_telling", F.when(is_by_rows, F.col("last_date")))
    return {
        "_first": F.least(first, F.when(is_believed, F.col("_from"))),
        "_last": F.greatest(last, F.when(is_believed, F.col("_to"))),
    }


def _with_orders() -> dict[str, Column]:
    """Refunds and lines come after orders: until a shop's first refund there was none, and then as far as orders go.

    Registrations go as far, but begin with orders. Payments are known by their own deliveries alone: orders without
    one may be unpaid, or theirs have not arrived.
    """
    all_facts = Window.partitionBy(F.lit(0))
    is_registrations = F.col("table_name") == "fact_registrations"
    is_delivered = (F.col("row_count") > 0) | F.col("_last").isNotNull()
    follows = F.col("table_name").isin("fact_order_lines", "fact_refunds", "fact_registrations") & is_delivered
    is_orders = F.col("table_name") == "fact_orders"
    first = F.min(F.when(is_orders, F.col("_first"))).over(all_facts)
    last = F.max(F.when(is_orders, F.col("_last"))).over(all_facts)
    return {
        "first_known_date": F.when(follows & is_registrations, F.coalesce(first, F.col("_first")))
        .when(follows, F.least("_first", first))
        .otherwise(F.col("_first")),
        "last_known_date": F.when(follows, F.greatest("_last", last)).otherwise(F.col("_last")),
    }
