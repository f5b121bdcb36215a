"""What holds for every declared table: names, types, keys, references, inputs, privacy, and what transforms take."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlglot
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sqlglot import expressions as exp

from lakehouse import verbs
from lakehouse.bronze.table import bronze_table
from lakehouse.derive.contract import conform
from lakehouse.derive.lineage import edges
from lakehouse.kpi.daily import kpi_tables
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.quality.staged import staged_table
from lakehouse.runs.catalog import ENTITIES, ENTITY_TABLES, GOLD, RECORDS, SILVER, Model, in_order
from lakehouse.semantic.load import load_metrics
from lakehouse.settings import Business
from lakehouse.table import (
    AMOUNT,
    BIGINT,
    BOOLEAN,
    DATE,
    INTEGER,
    QUANTITY,
    RATE,
    STRING,
    TIMESTAMP,
    UNIT_PRICE,
    Field,
    Layer,
    Privacy,
    Table,
)
from tests.rows import arrow_rows, rows

CONFIGURATION = Path(__file__).resolve().parents[1] / "conf"

KPI = tuple(Model(kpi.table, kpi.transform) for kpi in kpi_tables(load_metrics(CONFIGURATION / "metrics")))
MODELS = (*GOLD, *KPI)
PUBLISHED = (*SILVER, *(model.table for model in MODELS), *RECORDS)
BY_NAME = {table.name: table for table in PUBLISHED}
TABLES = (
    *PUBLISHED,
    bronze_table("shop", "orders", ["order_id"]),
    *(staged_table(table) for table in ENTITY_TABLES.values()),
)

every_table = pytest.mark.parametrize("table", TABLES, ids=str)
every_gold_model = pytest.mark.parametrize("model", GOLD, ids=lambda model: model.table.name)


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


# ── names and types ───────────────────────────────────────────────────────────────────────────────────────────────────

TYPES_BY_NAME: tuple[tuple[str, set[str]], ...] = (
    (r"unit_\w+_amount", {UNIT_PRICE}),
    (r"(?!unit_)(\w+_)?amount", {AMOUNT}),
    (r"\w+_at", {TIMESTAMP}),
    (r"valid_(from|to)", {TIMESTAMP}),
    (r"(first_|last_)?date|\w+_date", {DATE}),
    (r"[a-z]+_month", {DATE, INTEGER}),
    (r"_?(is|has)_\w+", {BOOLEAN}),
    (r"_?\w+_(id|key|code|name|hash|sha256|file|reason|channel)", {STRING}),
    (r"\w+_count", {INTEGER, BIGINT}),
    (r"_?\w+_(number|hour)", {INTEGER, BIGINT}),
    (r"(\w+_)?quantity", {QUANTITY}),
    (r"exchange_rate", {RATE}),
)


@every_table
def test_a_name_tells_the_type(table: Table) -> None:
    if table.layer is Layer.BRONZE:
        pytest.skip("as sent, a column is text whatever it is called")
    wrong = [
        f"{field.name} is {field.type}"
        for field in table.fields
        for pattern, types in TYPES_BY_NAME
        if re.fullmatch(pattern, field.name) and field.type not in types
    ]
    assert wrong == []


@every_table
def test_a_boolean_asks_a_question_and_a_moment_is_an_at(table: Table) -> None:
    prefixes = {BOOLEAN: r"_?(is|has)_\w+", TIMESTAMP: r"\w+_at|valid_(from|to)", AMOUNT: r"(\w+_)?amount"}
    if table.layer is Layer.KPI:
        del prefixes[AMOUNT]  # metrics have business names
    wrong = [f.name for f in table.fields if f.type in prefixes and not re.fullmatch(prefixes[f.type], f.name)]
    assert wrong == []


def test_tables_are_named_by_their_layer() -> None:
    for table in PUBLISHED:
        match table.layer:
            case Layer.GOLD:
                assert re.fullmatch(r"(dim|fact)_\w+s(_history)?|coverage|missing_days", table.name), table
            case Layer.KPI:
                assert re.fullmatch(r"kpi_\w+_daily", table.name), table
            case Layer.SILVER:
                assert re.fullmatch(r"[a-z_]+s", table.name), table


def test_no_name_is_used_twice() -> None:
    assert [name for name, count in Counter(table.name for table in PUBLISHED).items() if count > 1] == []


@every_table
def test_money_has_its_currency_beside_it(table: Table) -> None:
    amounts = [field.name for field in table.fields if field.type in {AMOUNT, UNIT_PRICE}]
    # A line is in its order's currency, and whole lifetimes are in the reporting one.
    if not amounts or table.name in {"order_lines", "staged_order_lines", "dim_customers"}:
        return
    assert "currency_code" in table.field_names
    if any(name.startswith("transaction_") for name in amounts):
        assert "transaction_currency_code" in table.field_names


@every_table
def test_descriptions_are_sentences(table: Table) -> None:
    wrong = [
        text
        for text in (table.grain, *(field.description for field in table.fields))
        if not text.endswith(".") or text != text.strip() or "  " in text or "\n" in text or len(text.split()) < 2
    ]
    assert wrong == []


# ── keys, partitions, references, privacy ─────────────────────────────────────────────────────────────────────────────


@every_table
def test_rows_have_a_key(table: Table) -> None:
    appended = table.layer is Layer.BRONZE or table.name.startswith("staged_")
    assert bool(table.primary_key) is not appended
    if table.layer is Layer.GOLD and table.name.startswith("fact_"):
        assert table.primary_key == (table.fields[0].name,)


@every_table
def test_partitions_are_declared_fields_that_are_never_null(table: Table) -> None:
    fields = [table.field(name) for name in table.partition_by]
    assert all(not field.nullable and field.type in {DATE, STRING} for field in fields)
    if table.name.startswith("fact_"):
        assert [field.name.endswith("_week") for field in fields] == [True]


@pytest.mark.parametrize("table", PUBLISHED, ids=str)
def test_references_lead_to_keys_of_the_same_type(table: Table) -> None:
    for field in table.fields:
        if field.references is not None:
            name, _, column = field.references.partition(".")
            target = BY_NAME[name]
            assert target.field(column).type == field.type
            assert target.primary_key == (column,)
            assert (target.layer is Layer.SILVER) == (table.layer is Layer.SILVER)


def test_facts_point_to_the_dimensions_that_they_name() -> None:
    dimensions = {
        "customer_key": "dim_customers.customer_key",
        "product_key": "dim_products.product_key",
        "calendar_date": "dim_dates.calendar_date",
    }
    for table in PUBLISHED:
        if table.layer in {Layer.GOLD, Layer.KPI} and f"{table.name}" not in {"dim_customers", "dim_products"}:
            for name in {*dimensions} & {*table.field_names} - {*table.primary_key}:
                assert table.field(name).references == dimensions[name]


def test_nobody_is_named_outside_of_silver() -> None:
    direct = {field.name for table in SILVER for field in table.fields if field.privacy is Privacy.PII_DIRECT}
    assert {"email", "first_name", "last_name"} <= direct
    for model in MODELS:
        assert not direct & {*model.table.field_names}
        assert all(field.privacy is not Privacy.PII_DIRECT for field in model.table.fields)


@pytest.mark.parametrize("table", PUBLISHED, ids=str)
def test_a_field_is_as_personal_as_where_it_comes_from(table: Table) -> None:
    personal = {"birth_date", "birth_year", "city", "gender"}
    personal |= {"customer_id", "customer_key", "visitor_id", "visitor_key"}
    for name in personal & {*table.field_names}:
        assert table.field(name).privacy is Privacy.PII_INDIRECT, name


@every_table
def test_what_a_mapping_may_leave_out_is_never_null(table: Table) -> None:
    staged = table.name.startswith("staged_")
    assert [field.name for field in table.fields if field.default is not None and field.nullable and not staged] == []
    assert arrow_rows(table, {}).num_rows == 1


# ── inputs and transforms ─────────────────────────────────────────────────────────────────────────────────────────────


def test_every_input_is_declared_in_the_catalogue_and_lies_no_later() -> None:
    order = list(Layer)
    for edge in edges(PUBLISHED):
        assert BY_NAME[edge.source.name] == edge.source
        # What was delivered is written down as soon as it is loaded.
        assert edge.source == DELIVERIES or order.index(edge.source.layer) <= order.index(edge.target.layer)


def test_models_are_built_after_what_they_read() -> None:
    ordered = [str(model.table) for model in in_order(MODELS)]
    assert sorted(ordered) == sorted(str(model.table) for model in MODELS)
    for edge in edges(model.table for model in MODELS):
        if edge.source.layer is not Layer.SILVER and edge.source != DELIVERIES:
            assert ordered.index(str(edge.source)) < ordered.index(str(edge.target))


@every_gold_model
def test_a_transform_takes_the_declared_inputs_in_their_order(model: Model) -> None:
    inputs = [table.name for table in model.table.inputs]
    if model.rows is not None:
        assert (inputs, parameters(model.rows), model.transform) == ([], ["business"], None)
        return
    assert model.transform is not None
    assert parameters(model.transform) in (inputs, [*inputs, "business"])
    if model.set_aside is not None:
        named = parameters(model.set_aside)
        assert [name for name in inputs if name in named] == [name for name in named if name != "business"]


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_conforming_takes_mapped_rows_alone(entity: object) -> None:
    assert parameters(getattr(entity, "conform")) == ["mapped"]  # noqa: B009


@pytest.mark.parametrize("model", [model for model in MODELS if model.transform], ids=lambda model: model.table.name)
def test_a_transform_makes_what_is_declared(spark: SparkSession, model: Model) -> None:
    business = Business()
    inputs = {table.name: rows(spark, table) for table in model.table.inputs}
    assert model.transform is not None
    settings = {} if "business" not in parameters(model.transform) else {"business": business}
    conform(model.transform(**inputs, **settings), model.table)
    if model.set_aside is not None:
        given = {"business": business, **inputs}
        aside = model.set_aside(**{name: given[name] for name in parameters(model.set_aside)})
        assert [(field.name, field.dataType.simpleString()) for field in aside.schema.fields] == [
            ("row_id", STRING),
            ("reason", STRING),
        ]


def test_the_calendar_is_as_declared(spark: SparkSession) -> None:
    (dates,) = (model for model in GOLD if model.rows is not None)
    assert dates.rows is not None
    conform(verbs.from_arrow(spark, dates.rows(Business())), dates.table)


# ── expectations ──────────────────────────────────────────────────────────────────────────────────────────────────────


@every_table
def test_expectations_are_named_once_and_ask_for_declared_fields(table: Table) -> None:
    names = [expectation.name for expectation in table.expectations]
    assert len(set(names)) == len(names)
    for expectation in table.expectations:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", expectation.name)
        asked = {column.name for column in sqlglot.parse_one(expectation.predicate, read="spark").find_all(exp.Column)}
        assert asked
        assert asked <= {*table.field_names}


def test_expectations_are_conditions_to_the_engine(spark: SparkSession) -> None:
    for table in PUBLISHED:
        conditions = [F.expr(expectation.predicate) for expectation in table.expectations]
        if conditions:
            schema = rows(spark, table).select(*conditions).schema
            assert {field.dataType.simpleString() for field in schema.fields} == {BOOLEAN}, table


# ── what the declaration itself refuses ───────────────────────────────────────────────────────────────────────────────

KEY = Field("order_id", STRING, "The order.")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: Field("orderId", STRING, "The order."), "snake_case"),
        (lambda: Field("order_id", "text", "The order."), "unknown type 'text'"),
        (lambda: Field("order_id", STRING, "The order"), "full stop"),
        (lambda: Table(Layer.GOLD, "t", "One row.", (KEY, KEY), ()), "declared twice"),
        (lambda: Table(Layer.GOLD, "t", "One row.", (KEY,), ("id",)), r"names no field: \['id'\]"),
        (lambda: Table(Layer.GOLD, "t", "One row.", (KEY,), (), partition_by=("day",)), r"names no field: \['day'\]"),
        (
            lambda: Table(Layer.GOLD, "t", "One row.", (Field("id", STRING, "The id.", nullable=True),), ("id",)),
            r"can not be nullable: \['id'\]",
        ),
    ],
    ids=["name", "type", "description", "twice", "unknown key", "unknown partition", "nullable key"],
)
def test_a_wrong_declaration_is_refused(declare: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        declare()
