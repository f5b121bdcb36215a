"""`conf/dimensions.yml`: what is shipped, and how mistakes in it are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.semantic.facts import FACTS, TABLES, path
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.vocabulary import Vocabulary
from lakehouse.table import COUNTRY_CODE

ORDERS = """
title: Shop
description: The shop.
owner: sales
metrics:
  orders:
    type: simple
    business_name: Orders
    description: Orders.
    measure: {table: fact_orders, date: order_date, aggregate: count}
    format: count
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "shop.yml").write_text(ORDERS)
    (tmp_path / "dimensions.yml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_metrics(tmp_path / "metrics")
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in raised.value.problems]


def dimension(body: str, name: str = "place") -> str:
    return f"dimensions:\n  {name}: {{name: Place, folder: Place, {body}}}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            dimension("field: dim_customer.city"),
            "2:46: 'dim_customer' is no fact and no dimension that facts refer to (did you mean 'dim_customers'?)",
        ),
        (
            dimension("field: total_amount"),
            "2:46: 'total_amount' is a number that is measured, and nothing to break numbers down by",
        ),
        (dimension("field: dim_customers.cty"), "2:46: dim_customers has no field 'cty' (did you mean 'city'?)"),
        (dimension("field: contry_code"), "2:46: no fact has a field 'contry_code' (did you mean 'country_code'?)"),
        (
            dimension("field: country_code, sort: nowhere"),
            "2:66: no fact has a field 'nowhere' (did you mean 'order_key'?)",
        ),
        (
            dimension("field: country_code, start_of: month"),
            "2:70: 'country_code' is string: 'start_of' is made of date",
        ),
        (dimension("field: dim_customers.gender, ages: [18]"), "2:74: 'gender' is string: 'ages' is made of int"),
        (dimension("field: dim_customers.city, segments: rfm"), "2:46: rfm is of dim_customers.customer_key"),
        (dimension("field: dim_customers.birth_year, ages: [30, 20]"), "2:10: 'ages' go up"),
        (dimension("field: country_code", "month"), "2:3: 'month' is a column or a grain of its own in every answer"),
        (dimension("field: country_code, role: planet"), "2:66: must be one of country, region, city"),
        (dimension("feld: country_code"), "2:39: unknown key 'feld' (did you mean 'field'?)"),
        (
            dimension("field: country_code") + "hierarchies:\n  Place: [plce]\n",
            "4:11: unknown dimension 'plce' (did you mean 'place'?)",
        ),
        (
            dimension("field: country_code") + "hierarchies:\n  Time: [year, moth]\n",
            "4:16: unknown grain 'moth' (did you mean 'month'?)",
        ),
        (dimension("field: country_code", "orders"), "metrics/shop.yml:6:3: 'orders' is a dimension already"),
    ],
    ids=[
        "table",
        "measure",
        "field of a table",
        "field of facts",
        "sort",
        "start of no date",
        "ages of no year",
        "segments of no customer",
        "ages that go down",
        "reserved",
        "role",
        "key",
        "hierarchy",
        "hierarchy of time",
        "metric of that name",
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    found = problems(tmp_path, text)
    assert any(problem.removeprefix("dimensions.yml:") == message for problem in found), found


def test_what_is_shipped(metrics: Metrics) -> None:
    dimensions = metrics.dimensions
    assert dimensions.by_name["customer_region"].description == "State, province or region of residence."
    assert dimensions.by_name["age_band"].type == "string"
    assert dimensions.hierarchies["Product"] == ("product_category", "product_subcategory", "product_name")
    assert dimensions.hierarchies["Calendar"] == ("year", "quarter", "month", "day")
    assert dimensions.meant("Device type") == "device_type"
    assert dimensions.meant("sales chanel") == "sales_channel"


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("order_status", Vocabulary(TABLES["fact_orders"].field("status").values)),
        ("age_band", Vocabulary(("0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"))),
        ("customer_segment", Vocabulary(("champions", "loyal", "new", "promising", "at risk", "lost"))),
        ("country", Vocabulary(form=COUNTRY_CODE)),
        ("product_name", Vocabulary()),
    ],
    ids=str,
)
def test_a_vocabulary_is_what_is_declared(metrics: Metrics, name: str, vocabulary: Vocabulary) -> None:
    assert metrics.dimensions.vocabularies[name] == vocabulary


@pytest.mark.parametrize(
    ("fact", "table", "fields"),
    [
        ("fact_orders", "dim_customers", ["customer_key"]),
        ("fact_order_lines", "dim_products", ["product_key"]),
        ("fact_order_lines", "dim_customers", ["customer_key"]),
        ("fact_payments", "fact_orders", ["order_key"]),
        ("fact_orders", "dim_products", None),
        ("fact_orders", "fact_payments", None),
        ("fact_sessions", "fact_orders", None),
        ("fact_orders", "fact_orders", []),
    ],
)
def test_the_way_from_a_fact_to_one_row_of_another_table(fact: str, table: str, fields: list[str] | None) -> None:
    way = path(fact, table)
    assert (None if way is None else [join.field for join in way]) == fields


def test_every_way_leads_to_a_primary_key() -> None:
    from lakehouse.semantic.facts import TABLES

    for fact in FACTS:
        for table in TABLES.values():
            for join in path(fact, table.name) or ():
                assert TABLES[join.table].primary_key == (join.key,)
