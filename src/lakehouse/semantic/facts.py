"""The fact tables that metrics can measure, and what the declarations alone do not say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lakehouse.gold.fact_order_lines import TABLE as FACT_ORDER_LINES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_refunds import TABLE as FACT_REFUNDS
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

    `foreign` are amounts that are not in the reporting currency.
    """

    table: Table
    members: Members | None = None
    foreign: tuple[str, ...] = ()


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
            Fact(FACT_SESSIONS, members=Members("visitor_key", "session_date")),
        )
    }
)
