"""Metric files with mistakes: what is said, and where."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent, indent

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.semantic.load import load_metrics

HEAD = "title: Shop\ndescription: The shop.\nowner: sales\nmetrics:\n"

ORDERS = """
orders:
  type: simple
  business_name: Orders
  description: Number of orders.
  measure: {table: fact_orders, date: order_date, aggregate: count, where: [is_qualifying]}
  format: count
"""

REVENUE = """
revenue:
  type: simple
  business_name: Revenue
  description: Sum of totals.
  measure: {table: fact_orders, date: order_date, aggregate: sum, field: total_amount}
  format: currency
"""


def stanza(name: str, body: str) -> str:
    return f"{name}:\n  business_name: A\n  description: A.\n{indent(dedent(body).strip(), '  ')}\n"


def measured(body: str, format_: str = "count") -> str:
    return stanza("a", f"type: simple\nformat: {format_}\nmeasure: {body}")


def file(*stanzas: str) -> str:
    return HEAD + indent("\n".join(text.strip() for text in stanzas), "  ") + "\n"


def problems(folder: Path, **files: str) -> list[str]:
    """What is wrong with metric files, each as `file:line:column message [-> suggestion]`."""
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        load_metrics(folder)
    assert raised.value.exit_code == 2
    return [
        f"{Path(problem.file).stem}:{problem.line}:{problem.column} {problem.message}"
        + (f" -> {problem.suggestion}" if problem.suggestion else "")
        for problem in raised.value.problems
    ]


def test_the_shipped_files_have_no_mistake(metrics: object) -> None:
    assert metrics


def test_good_files_load(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(file(ORDERS, REVENUE))
    (tmp_path / "other.yaml").write_text(
        file(stanza("aov", "type: ratio\nnumerator: revenue\ndenominator: orders\nformat: currency\nowner: finance"))
    )
    (tmp_path / "notes.txt").write_text("no metrics")
    metrics = load_metrics(tmp_path)
    assert {metric.name: (metric.mart, metric.owner) for metric in metrics.metrics} == {
        "orders": ("shop", "sales"),
        "revenue": ("shop", "sales"),
        "aov": ("other", "finance"),
    }


@pytest.mark.parametrize(
    ("measure", "format_", "expected"),
    [
        pytest.param(
            "{table: fact_order, date: order_date, aggregate: count}",
            "count",
            "unknown fact table 'fact_order' -> fact_orders",
            id="unknown table",
        ),
        pytest.param(
            "{table: dim_customers, date: registration_date, aggregate: count}",
            "count",
            "unknown fact table 'dim_customers' -> fact_orders",
            id="a dimension is no fact",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: sum, field: total_amuont}",
            "currency",
            "fact_orders has no field 'total_amuont' -> total_amount",
            id="unknown field",
        ),
        pytest.param(
            "{table: fact_orders, date: oder_date, aggregate: count}",
            "count",
            "fact_orders has no field 'oder_date' -> order_date",
            id="unknown date",
        ),
        pytest.param(
            "{table: fact_orders, date: ordered_at, aggregate: count}",
            "count",
            "'ordered_at' is timestamp, not a date: rows of fact_orders count on order_date or conversion_date",
            id="a timestamp is no business day",
        ),
        pytest.param(
            "{table: fact_refunds, date: order_date, aggregate: count}",
            "count",
            "'order_date' is no business day of an event: rows of fact_refunds count on refund_date",
            id="a date that may be null",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: count, where: [is_qualifing]}",
            "count",
            "there is no 'is_qualifing' to put a condition on -> is_qualifying",
            id="unknown filter",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: count, where: [is_online, status]}",
            "count",
            "'status' is string: alone it would have to be true or false",
            id="filter that is no boolean",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: count, requires: [fact_visits]}",
            "count",
            "unknown fact table 'fact_visits' -> fact_sessions",
            id="unknown required table",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: sum, field: status}",
            "number",
            "'status' is string: only a number can be aggregated",
            id="sum of text",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: max, field: ordered_at}",
            "number",
            "'ordered_at' is timestamp: only a number can be aggregated",
            id="latest timestamp",
        ),
        pytest.param(
            "{table: fact_payments, date: attempt_date, aggregate: sum, field: transaction_amount}",
            "currency",
            "'transaction_amount' is in many currencies: take one in the reporting currency",
            id="sum across currencies",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: count, field: order_id}",
            "count",
            "count counts rows and takes no 'field'; say in 'where' which rows",
            id="count with a field",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: sum}",
            "count",
            "missing key 'field': sum needs one",
            id="sum without a field",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: average, field: total_amount}",
            "currency",
            "must be one of sum, count, count_distinct, count_repeated, count_retained, min, max",
            id="unknown aggregate",
        ),
        pytest.param(
            "{tabel: fact_orders, table: fact_orders, date: order_date, aggregate: count}",
            "count",
            "unknown key 'tabel' -> table",
            id="unknown key",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: count}",
            "currency",
            "what it measures is count, not currency",
            id="count as money",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: sum, field: total_amount}",
            "number",
            "what it measures is currency, not number",
            id="money as a number",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: sum, field: line_count}",
            "percent",
            "what it measures is count or number, not percent",
            id="count as a percent",
        ),
        pytest.param(
            "{table: fact_orders, date: order_date, aggregate: sum, field: item_quantity}",
            "currency",
            "what it measures is number, not currency",
            id="quantity as money",
        ),
    ],
)
def test_mistakes_of_a_measure(tmp_path: Path, measure: str, format_: str, expected: str) -> None:
    assert [problem.split(" ", 1)[1] for problem in problems(tmp_path, shop=file(measured(measure, format_)))] == [
        expected
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            "type: ratio\nnumerator: revenu\ndenominator: orders\nformat: currency",
            "unknown metric 'revenu' -> revenue",
            id="unknown operand",
        ),
        pytest.param(
            "type: ratio\nnumerator: revenue\ndenominator: orders\nformat: percent",
            "currency over count is no percent",
            id="percent of unlike units",
        ),
        pytest.param(
            "type: ratio\nnumerator: orders\ndenominator: revenue\nformat: currency",
            "count over currency is not currency",
            id="orders per euro",
        ),
        pytest.param(
            "type: ratio\nnumerator: revenue\ndenominator: orders\nformat: number",
            "currency over count is not number",
            id="money without its unit",
        ),
        pytest.param(
            "type: ratio\nnumerator: orders\ndenominator: orders\nformat: count",
            "a ratio is no count",
            id="ratio as count",
        ),
        pytest.param(
            "type: derived\nadd: [revenue, orders]\nformat: currency",
            "it is currency, but made of count: only like can be added to like",
            id="money and counts added",
        ),
        pytest.param(
            "type: derived\nadd: [orders]\nsubtract: [oders]\nformat: count",
            "unknown metric 'oders' -> orders",
            id="unknown term",
        ),
        pytest.param(
            "type: derived\nadd: []\nformat: count",
            "tuple should have at least 1 item after validation, not 0",
            id="nothing added",
        ),
        pytest.param(
            "type: growth\nof: revenue\nformat: currency", "a growth is a percent, not currency", id="growth as money"
        ),
        pytest.param(
            "type: growth\nof: revenues\nformat: percent",
            "unknown metric 'revenues' -> revenue",
            id="growth of nothing",
        ),
        pytest.param(
            "type: growth\nof: change\nformat: percent",
            "'change' is a growth: a growth metric is of simple or derived or cumulative or offset or ratio",
            id="growth of a growth",
        ),
        pytest.param(
            "type: ratio\nnumerator: aov\ndenominator: orders\nformat: currency",
            "'aov' is a ratio: a ratio metric is of simple or derived or cumulative or offset",
            id="ratio of a ratio",
        ),
        pytest.param(
            "type: derived\nadd: [change]\nformat: percent",
            "'change' is a growth: a derived metric is of simple or derived",
            id="sum of a growth",
        ),
        pytest.param(
            "type: percentile\nformat: count",
            "must be one of simple, ratio, derived, growth, offset, cumulative, cohort",
            id="unknown type",
        ),
        pytest.param(
            "type: derived\nadd: [buyers, payers]\nformat: count",
            "distinct counts do not add up: who is in both would count twice",
            id="sum of distinct counts",
        ),
        pytest.param(
            "type: cumulative\nof: revenue\nformat: currency",
            "it needs one of 'to_date' and 'trailing_days'",
            id="cumulative without a stretch",
        ),
        pytest.param(
            "type: cumulative\nof: change\nto_date: month\nformat: percent",
            "'change' is a growth: a cumulative metric is of simple or derived or ratio",
            id="growth to date",
        ),
        pytest.param(
            "type: cumulative\nof: revenue\nto_date: month\nformat: count",
            "it is count, and what it is of is currency",
            id="revenue to date as a count",
        ),
        pytest.param(
            "type: growth\nof: revenue\nagainst: previous_yea\nformat: percent",
            "unknown comparison 'previous_yea': it is previous_period, previous_year, same_weekday_last_year, "
            "same_occasion_last_year, previous_period_to_date, previous_year_to_date, same_weekday_last_year_to_date, "
            "same_occasion_last_year_to_date -> previous_year",
            id="unknown comparison",
        ),
        pytest.param(
            "type: growth\nof: {numerator: revenue, denominator: aov}\nformat: percent",
            "'aov' is a ratio: a growth metric is of simple or derived or cumulative or offset",
            id="growth of a ratio that is over a ratio",
        ),
        pytest.param(
            "type: cohort\nof: revenue\nsince: dim_customers.first_order\nformat: currency",
            "'dim_customers.first_order' is no date of a dimension table -> dim_customers.first_order_date",
            id="cohort since what is no date",
        ),
        pytest.param(
            "type: cohort\nof: aov\nsince: dim_customers.first_order_date\nformat: currency",
            "'aov' is a ratio: a cohort metric is of simple",
            id="cohort of a ratio",
        ),
        pytest.param("format: count", "missing key 'type'", id="no type"),
        pytest.param(
            "type: growth\nof: revenue\nformat: percent\nstatus: deprecated",
            "'status: deprecated' and 'successor' need each other",
            id="deprecated without a successor",
        ),
        pytest.param(
            "type: growth\nof: revenue\nformat: percent\nstatus: deprecated\nsuccessor: chang",
            "unknown metric 'chang' -> change",
            id="unknown successor",
        ),
    ],
)
def test_mistakes_of_a_metric_made_of_metrics(tmp_path: Path, body: str, expected: str) -> None:
    known = [
        ORDERS,
        REVENUE,
        stanza("aov", "type: ratio\nnumerator: revenue\ndenominator: orders\nformat: currency"),
        stanza("change", "type: growth\nof: revenue\nformat: percent"),
        *(
            stanza(
                name,
                "type: simple\nformat: count\nmeasure:\n"
                f"  {{table: {table}, date: {date}, aggregate: count_distinct, field: customer_key}}",
            )
            for name, table, date in (
                ("buyers", "fact_orders", "order_date"),
                ("payers", "fact_payments", "attempt_date"),
            )
        ),
    ]
    found = problems(tmp_path, shop=file(*known, stanza("a", body)))
    assert [problem.split(" ", 1)[1] for problem in found] == [expected]


@pytest.mark.parametrize(
    "name",
    [
        "orders_reason",
        "orders_of_week",
        "revenue_previous_year",
        "revenue_previous_period_growth",
        "period_start",
        "currency_code",
    ],
)
def test_names_that_are_columns_already(tmp_path: Path, name: str) -> None:
    found = problems(tmp_path, shop=file(ORDERS.replace("orders:", f"{name}:", 1)))
    assert len(found) == 1
    assert found[0].startswith("shop:5:3 ")


@pytest.mark.parametrize("name", ["Orders", "orders-total", "2nd", "orders__total", "'; drop table x; --'"])
def test_names_that_are_not_snake_case(tmp_path: Path, name: str) -> None:
    assert len(problems(tmp_path, shop=file(ORDERS.replace("orders:", f"{name}:", 1)))) == 1


@pytest.mark.parametrize(
    ("of", "circle"),
    [
        pytest.param({"a": "a"}, "a → a", id="of one"),
        pytest.param({"a": "b", "b": "a"}, "a → b → a", id="of two"),
        pytest.param(
            {"x": "a", "a": "b", "b": "c", "c": "a"}, "a → b → c → a", id="of three, and one that leads into it"
        ),
    ],
)
def test_circle_is_told_with_its_path(tmp_path: Path, of: dict[str, str], circle: str) -> None:
    stanzas = [stanza(name, f"type: derived\nadd: [{other}]\nformat: count") for name, other in of.items()]
    found = problems(tmp_path, shop=file(*stanzas))
    assert [problem.split(" ", 1)[1] for problem in found] == [f"metrics go in a circle: {circle}"]


def test_two_circles_are_both_told(tmp_path: Path) -> None:
    of = {"a": "b", "b": "a", "c": "c"}
    stanzas = [stanza(name, f"type: derived\nadd: [{other}]\nformat: count") for name, other in of.items()]
    found = problems(tmp_path, shop=file(*stanzas))
    assert found == ["shop:5:3 metrics go in a circle: a → b → a", "shop:17:3 metrics go in a circle: c → c"]


def test_name_defined_twice_in_a_file(tmp_path: Path) -> None:
    assert problems(tmp_path, shop=file(ORDERS, ORDERS)) == [
        "shop:11:3 key 'orders' stands here a second time (first in line 5)"
    ]


def test_name_defined_twice_across_files(tmp_path: Path) -> None:
    found = problems(tmp_path, shop=file(ORDERS, REVENUE), zoo=file(ORDERS))
    assert found == [f"zoo:5:3 metric 'orders' is defined a second time (first in {tmp_path / 'shop.yml'}:5)"]


def test_everything_in_all_files_is_told_at_once_and_fast(tmp_path: Path) -> None:
    bad_measure = measured("{table: fact_oders, date: order_date, aggregate: count}")
    bad_ratio = stanza("b", "type: ratio\nnumerator: orders\ndenominator: nothing_like_it\nformat: percent")
    bad_key = stanza("c", "type: growth\nof: orders\nformats: percent")
    started = time.monotonic()
    found = problems(tmp_path, shop=file(ORDERS, bad_ratio, bad_measure), zoo=file(bad_key, REVENUE))
    assert time.monotonic() - started < 1
    assert found == [
        "shop:16:18 unknown metric 'nothing_like_it'",
        "shop:23:22 unknown fact table 'fact_oders' -> fact_orders",
        "zoo:5:3 missing key 'format'",
        "zoo:10:5 unknown key 'formats' -> format",
    ]


def test_file_that_can_not_be_read_makes_no_name_unknown(tmp_path: Path) -> None:
    ratio = stanza("aov", "type: ratio\nnumerator: revenue\ndenominator: orders\nformat: currency")
    assert problems(tmp_path, shop="metrics: [", zoo=file(ratio)) == [
        "shop:2:1 not valid YAML: did not find expected node content"
    ]


def test_metric_of_a_misshapen_stanza_is_not_called_unknown(tmp_path: Path) -> None:
    ratio = stanza("aov", "type: ratio\nnumerator: revenue\ndenominator: orders\nformat: currency")
    found = problems(tmp_path, shop=file(ORDERS, REVENUE.replace("format: currency", "format: money")), zoo=file(ratio))
    assert found == ["shop:16:13 must be one of currency, count, number, percent"]


def test_file_name_is_the_mart(tmp_path: Path) -> None:
    (tmp_path / "My Shop.yml").write_text(file(ORDERS))
    with pytest.raises(ConfigurationError, match="'My Shop' is not snake_case"):
        load_metrics(tmp_path)


def test_folder_without_metrics(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ConfigurationError, match="no metric files"):
            load_metrics(folder)
