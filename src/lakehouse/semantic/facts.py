"""The fact tables that metrics can measure, and what the declarations alone do not say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.dim_dates import TABLE as DIM_DATES
from lakehouse.gold.dim_products import TABLE as DIM_PRODUCTS
from lakehouse.gold.fact_order_lines import TABLE as FACT_ORDER_LINES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_refunds import TABLE as FACT_REFUNDS
from lakehouse.gold.fact_registrations import TABLE as FACT_REGISTRATIONS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.table import Table


@dataclass(frozen=True)
class Members:
    """Whose first event of each period a fact flags: the only distinct count that it can answer at every grain.

    The flags are among the rows where all of `where` are true, by the day in `date`.
    """

    key: str
    date: str
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A fact table as metrics see it.

    `foreign` are amounts that are not in the reporting currency. One that `predates_lake` has rows of days long before
    any other fact has, which are none of the lake's and do not count.
    """

    table: Table
    members: Members | None = None
    foreign: tuple[str, ...] = ()
    predates_lake: bool = False

    @property
    def dates(self) -> tuple[str, ...]:
        """The fields that say on which business day a row counts."""
        return tuple(field.name for field in self.table.fields if field.references == "dim_dates.calendar_date")


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        fact.table.name: fact
        for fact in (
            Fact(
                FACT_ORDERS,
                members=Members("customer_key", "order_date", ("is_qualifying",)),
                foreign=("transaction_total_amount", "declared_total_amount"),
            ),
            Fact(FACT_ORDER_LINES, foreign=("unit_price_amount",)),
            Fact(FACT_PAYMENTS, foreign=("transaction_amount",)),
            Fact(FACT_REFUNDS),
            Fact(FACT_REGISTRATIONS, predates_lake=True),
            Fact(FACT_SESSIONS, members=Members("visitor_key", "session_date")),
        )
    }
)

CALENDAR = DIM_DATES.name
DIMENSION_TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (DIM_CUSTOMERS, DIM_PRODUCTS, DIM_DATES)}
)
TABLES: Mapping[str, Table] = MappingProxyType(
    {**{name: fact.table for name, fact in FACTS.items()}, **DIMENSION_TABLES}
)


@dataclass(frozen=True)
class Join:
    """A step from a table to the one row of another that a field of it names."""

    field: str
    table: str
    key: str


def path(fact: str, table: str) -> tuple[Join, ...] | None:
    """The shortest way from a fact to one row of another table for each of its rows, by declared references; or None.

    The calendar is not on the way: which day of a fact is meant, its measure says.
    """
    ways: list[tuple[str, tuple[Join, ...]]] = [(fact, ())]
    seen = {fact}
    while ways:
        here, way = ways.pop(0)
        if here == table:
            return way
        for join in references(here):
            if join.table not in seen:
                seen.add(join.table)
                ways.append((join.table, (*way, join)))
    return None


def references(table: str) -> Iterator[Join]:
    """The declared steps from a table to others, but for the calendar."""
    for field in TABLES[table].fields:
        to, _, key = (field.references or "").partition(".")
        if to in TABLES.keys() - {CALENDAR}:
            yield Join(field.name, to, key)
