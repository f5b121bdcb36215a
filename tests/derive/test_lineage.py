"""Lineage: what is made from what, of tables and of fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakehouse.derive.lineage import Edge, edges, mermaid, origins, readers
from lakehouse.gold.dim_dates import TABLE as DIM_DATES
from lakehouse.gold.dim_products_history import TABLE as DIM_PRODUCTS_HISTORY
from lakehouse.gold.fact_order_lines import TABLE as FACT_ORDER_LINES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_refunds import TABLE as FACT_REFUNDS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.runs.catalog import GOLD
from lakehouse.table import AMOUNT, INTEGER, STRING, Field, Layer, Table

ID = Field("order_id", STRING, "The order.")
STATUS = Field("status", STRING, "Where it stands.")
AMOUNT_PAID = Field("amount", AMOUNT, "What was paid.")


def table(name: str, *fields: Field, inputs: tuple[Table, ...] = ()) -> Table:
    return Table(Layer.GOLD, name, "One row each.", fields, (), inputs)


HEADS = table("heads", ID, STATUS)
LINES = table("lines", replace(ID, references="heads.order_id"), AMOUNT_PAID)


def came_from(made: Table) -> dict[str, str]:
    return {name: str(origin) for name, origin in origins(made).items()}


def test_edges_and_readers() -> None:
    made = table("made", ID, inputs=(HEADS, LINES))
    again = table("again", ID, inputs=(made, HEADS))
    everything = (HEADS, LINES, made, again)
    assert edges(everything) == (Edge(HEADS, made), Edge(LINES, made), Edge(made, again), Edge(HEADS, again))
    assert readers(everything) == {HEADS: (made, again), LINES: (made,), made: (again,)}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (table("made", STATUS, inputs=(HEADS,)), {"status": "heads.status"}),
        (table("made", AMOUNT_PAID, inputs=(HEADS, LINES)), {}),
        (table("made", replace(STATUS, type=INTEGER), inputs=(HEADS,)), {}),
        (table("made", STATUS, inputs=(HEADS, table("others", STATUS))), {}),
        (table("made", ID, inputs=(LINES, HEADS)), {"order_id": "lines.order_id"}),
        (table("made", ID, inputs=(HEADS, table("others", ID))), {}),
        (
            table("made", STATUS, inputs=(HEADS, table("copy", STATUS, inputs=(HEADS,)))),
            {"status": "heads.status"},
        ),
        (
            table(
                "made",
                STATUS,
                Field("head_id", STRING, "The head.", references="looked_up.order_id"),
                inputs=(HEADS, table("looked_up", ID, STATUS)),
            ),
            {"status": "heads.status", "head_id": "looked_up.order_id"},
        ),
        (table("made", replace(ID, references="elsewhere.order_id"), inputs=(HEADS,)), {}),
        (table("made", STATUS), {}),
    ],
    ids=[
        "by name",
        "not of the first input",
        "another type",
        "two inputs have it",
        "two inputs have it, one points to the other",
        "two inputs have it apart",
        "an input has it from the other",
        "looked up by key",
        "points elsewhere",
        "no inputs",
    ],
)
def test_a_field_comes_from_where_it_is_plain(made: Table, expected: dict[str, str]) -> None:
    assert came_from(made) == expected


@pytest.mark.parametrize(
    ("made", "plain", "not_plain"),
    [
        (
            FACT_ORDERS,
            {"order_id": "orders.order_id", "ordered_at": "orders.ordered_at", "coupon_code": "orders.coupon_code"},
            {"currency_code", "discount_amount", "total_amount", "exchange_rate", "order_key"},
        ),
        (
            FACT_ORDER_LINES,
            {"order_key": "fact_orders.order_key", "quantity": "order_lines.quantity"},
            {"discount_amount", "currency_code", "cost_amount"},
        ),
        (
            FACT_PAYMENTS,
            {"status": "payments.status", "amount": "payments.amount", "order_key": "fact_orders.order_key"},
            {"currency_code", "transaction_currency_code", "customer_key", "exchange_rate"},
        ),
        (FACT_REFUNDS, {"reason": "refunds.reason"}, {"currency_code", "transaction_currency_code", "order_date"}),
        (FACT_SESSIONS, {"device_type": "sessions.device_type"}, {"order_count", "has_order", "customer_key"}),
        (DIM_PRODUCTS_HISTORY, {"sku": "product_versions.sku"}, {"valid_from", "is_current"}),
        (DIM_DATES, {}, {"calendar_date"}),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else "",
)
def test_fields_of_the_star_schema(made: Table, plain: dict[str, str], not_plain: set[str]) -> None:
    found = came_from(made)
    assert plain.items() <= found.items()
    assert not_plain & {*found} == set()


def test_every_origin_is_a_field_of_an_input() -> None:
    for model in GOLD:
        for name, origin in origins(model.table).items():
            assert origin.table in model.table.inputs
            assert origin.table.field(origin.field.name) is origin.field
            assert model.table.field(name).type == origin.field.type


def test_picture() -> None:
    kpi = Table(Layer.KPI, "kpi_daily", "One row per day.", (ID,), (), inputs=(HEADS, LINES))
    assert mermaid([HEADS, LINES, kpi]) == (
        "flowchart LR\n"
        "  subgraph gold\n"
        "    gold_heads[heads]\n"
        "    gold_lines[lines]\n"
        "  end\n"
        "  subgraph kpi\n"
        "    kpi_kpi_daily[kpi_daily]\n"
        "  end\n"
        "  gold_heads --> kpi_kpi_daily\n"
        "  gold_lines --> kpi_kpi_daily\n"
    )
