"""`lakehouse.open`: a published lake asked from Python, as a data scientist does."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt
import pyarrow as pa
import pytest

import lakehouse
from lakehouse.ask.answer import Answer
from lakehouse.ask.chart import _cohorts
from lakehouse.ask.lake import Lake
from lakehouse.errors import ConfigurationError, IntegrityError, NothingArrivedError
from lakehouse.runs.restore import restore
from lakehouse.semantic.query import Calendar
from lakehouse.settings import Storage
from tests.cli.command import CONF
from tests.cli.conftest import PublishedShop


@pytest.fixture(scope="module")
def opened(published_shop: PublishedShop) -> Lake:
    return lakehouse.open(published_shop.lake, conf=CONF)


def test_an_answer_in_every_form(opened: Lake) -> None:
    answer = opened.query(["total_revenue", "total_orders"], grain="month")
    assert answer.value_columns == ("period_start", "first_date", "last_date", "total_revenue", "total_orders")
    arrow = answer.to_arrow()
    assert pa.types.is_decimal(arrow.schema.field("total_revenue").type)
    assert answer.to_arrow(reasons=True).column_names == list(answer.compiled.columns)
    pandas = answer.to_pandas()
    assert pandas["total_revenue"].dtype == "float64"
    assert pandas["total_orders"].dtype == "Int64"
    assert str(pandas["period_start"].dtype).startswith("datetime64")
    assert pandas["total_revenue"].sum() == pytest.approx(float(sum(arrow["total_revenue"].to_pylist())))
    polars = answer.to_polars()
    assert polars["total_orders"].sum() == sum(arrow["total_orders"].to_pylist())
    assert len(answer) == arrow.num_rows == 2


def test_metrics_are_browsed_and_named(opened: Lake) -> None:
    card = opened.metrics.total_revenue
    assert "Total Revenue (total_revenue)" in repr(card)
    assert opened.query(card).metrics == opened.query("total_revenue").metrics
    assert {"total_revenue", "find"} <= set(dir(opened.metrics))
    assert "order_conversion_rate" in opened.metrics._ipython_key_completions_()
    assert [found.name for found in opened.metrics.find("CVR")] == ["order_conversion_rate"]
    assert len(opened.metrics) == len(list(opened.metrics))
    with pytest.raises(AttributeError, match="did you mean 'total_revenue'"):
        _ = opened.metrics.total_revenu
    assert opened.dimensions.country.title == "Country"
    assert repr(opened.dimensions.country).startswith("Country (country): Country of the order's delivery")
    assert "country" in dir(opened.dimensions)
    by_card = opened.query(card, by=opened.dimensions.country, grain="total")
    assert by_card.sql == opened.query("total_revenue", by="country", grain="total").sql


def test_what_is_found_is_read_one_below_the_other(opened: Lake) -> None:
    found = opened.metrics.find("retention rate")
    assert {"customer_retention_rate", "period_retention_rate"} <= {card.name for card in found}
    assert repr(found) == "\n".join(map(repr, found))
    assert found._repr_html_().count("<p>") == len(found)
    assert opened.metrics.find("no such thing") == ()


@pytest.mark.parametrize("name", ["metrics", "dimensions"])
def test_tab_sees_into_the_catalogues(name: str) -> None:
    """IPython's completion, as it is set up by default, calls no property to look at what that returns."""
    assert not isinstance(inspect.getattr_static(Lake, name), property)


@pytest.mark.parametrize(
    ("where", "same"),
    [
        ({"sales_channel": "web"}, "sales_channel = 'web'"),
        ({"sales_channel": ["web", "app"]}, "sales_channel in ('web', 'app')"),
        ({"coupon_code": None}, "coupon_code is null"),
        ({"is_weekend": True, "order_hour": 12}, "is_weekend = true and order_hour = 12"),
        ({"sales_channel": "o'clock"}, "sales_channel = 'o''clock'"),
        ({}, None),
    ],
    ids=str,
)
def test_conditions_as_values(opened: Lake, where: dict[str, object], same: str | None) -> None:
    one = opened.query("total_orders", grain="total", where=where).to_arrow()
    assert one.equals(opened.query("total_orders", grain="total", where=same).to_arrow())


def test_members_in_the_order_asked(opened: Lake) -> None:
    rows = opened.query("total_revenue", by="country", grain="total", order="-total_revenue", limit=3).to_arrow()
    amounts = rows["total_revenue"].to_pylist()
    assert amounts == sorted(amounts, reverse=True)
    assert rows.num_rows <= 3


def test_every_mistake_of_a_question_at_once(opened: Lake) -> None:
    with pytest.raises(ConfigurationError) as raised:
        opened.query("total_revenue", grain="weekly", compare="last_year", start="yesterday", source="kpis")
    assert [problem.file for problem in raised.value.problems] == ["compare", "grain", "source", "start"]
    assert [problem.suggestion for problem in raised.value.problems][1] == "week"
    with pytest.raises(ConfigurationError) as raised:
        opened.query("total_revenu", by=["countri", "month"], where="gendr = 'female'", order="revenue")
    assert sorted(problem.message for problem in raised.value.problems) == [
        "'month' is no dimension but a grain",
        "the answer has no column 'revenue' to order by",
        "there is no 'gendr' to put a condition on",
        "unknown dimension 'countri'",
        "unknown metric 'total_revenu'",
    ]


def test_days_as_text_or_dates(opened: Lake) -> None:
    one = opened.query("total_orders", start="2025-12-31", end=date(2025, 12, 31)).to_arrow()
    assert one["period_start"].to_pylist() == [date(2025, 12, 31)]


def test_a_table_in_every_form(opened: Lake) -> None:
    table = opened.table("fact_orders")
    assert len(table) == table.to_arrow().num_rows == len(table.to_pandas()) == len(table.to_polars())
    assert "order_key" in table.columns
    assert table.head(2).num_rows == 2
    assert "fact_orders" in repr(table)
    assert ">order_key</th>" in table._repr_html_()
    types = table.to_pandas().dtypes.astype(str)
    assert types["order_date"].startswith("datetime64")
    assert (types["total_amount"], types["customer_order_number"]) == ("float64", "Int32")
    with pytest.raises(IntegrityError, match=r"is it gold\.fact_orders"):
        opened.table("fact_order")


def test_sql_of_ones_own(opened: Lake) -> None:
    (row,) = opened.sql("with o as (select * from fact_orders) select count(*) as n from o").to_pylist()
    assert row["n"] == len(opened.table("fact_orders"))


def test_sql_over_the_views_of_the_marts(opened: Lake) -> None:
    """Beside tables and steps of one's own, and with the numbers that questions have."""
    text = """
        with m as (select * from revenue_by_month)
        select m.period_start, m.total_revenue, o.total_orders, (select count(*) from fact_orders) as n
        from m join orders_by_month o using (period_start) order by 1
    """
    rows = opened.sql(text).to_pylist()
    expected = opened.query(["total_revenue", "total_orders"], grain="month").rows.to_pylist()
    assert [(row["period_start"], row["total_revenue"], row["total_orders"]) for row in rows] == [
        (row["period_start"], row["total_revenue"], row["total_orders"]) for row in expected
    ]
    assert {row["n"] for row in rows} == {len(opened.table("fact_orders"))}
    assert {"revenue_by_month", "orders_by_month"} <= set(opened.views)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select * from revenue_by_moth", "did you mean 'revenue_by_month'"),
        ("select * from fact_order", "there is no table 'fact_order' .did you mean 'fact_orders'"),
        ("drop table fact_orders", "only a query can be asked"),
        ("selct", "only a query|Invalid|Expect"),
    ],
)
def test_sql_that_is_no_query_of_the_lake(opened: Lake, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        opened.sql(text)


def test_an_earlier_snapshot(opened: Lake) -> None:
    assert opened.runs == (opened.run_id,)
    assert opened.at(opened.run_id).run_id == opened.run_id
    with pytest.raises(IntegrityError):
        opened.at("20990101T000000Z")


def test_the_runs_that_are_kept_newest_first(published_shop: PublishedShop, tmp_path: Path) -> None:
    root = shutil.copytree(published_shop.lake, tmp_path / "lake")
    before = lakehouse.open(root, conf=CONF)
    (first,) = before.runs
    second = restore(str(root), Storage(), first).run_id
    assert before.runs == lakehouse.open(root, conf=CONF).runs == (second, first)
    assert lakehouse.open(root, conf=CONF).at(before.runs[1]).run_id == first


def test_a_lake_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NothingArrivedError):
        lakehouse.open(tmp_path, conf=CONF)
    with pytest.raises(ConfigurationError, match="no lake is named"):
        lakehouse.open(conf=CONF)


def test_what_a_notebook_shows_is_text_whatever_is_in_it(opened: Lake) -> None:
    assert "Total Orders" in opened.query("total_orders", grain="month")._repr_html_()
    assert "as run" in opened._repr_html_()
    odd = opened.query("total_orders", by="coupon_code", where={"coupon_code": "<script>"})
    assert "<script>" not in odd._repr_html_()
    assert "<b>Total Revenue</b>" in opened.metrics.total_revenue._repr_html_()
    assert "Revenue" in opened.metrics._repr_html_()
    assert "Country" in opened.dimensions._repr_html_()
    assert "<b>Country</b>" in opened.dimensions.country._repr_html_()


def test_words_begin_and_numbers_end_at_one_line(opened: Lake) -> None:
    shown = opened.query("total_orders", by="sales_channel", grain="month")._repr_html_()
    aligned = {text: side for side, text in re.findall(r"<t[hd] style='text-align:(\w+);[^']*'>([^<]+)<", shown)}
    assert (aligned["month"], aligned["sales channel"], aligned["web"]) == ("left",) * 3
    assert aligned["Total Orders"] == "right"


def test_cohorts(opened: Lake) -> None:
    rows = opened.query("cohort_customers", grain="month").to_arrow().to_pylist()
    assert rows[0]["periods_since"] == 0
    assert all(row["cohort_size"] >= (row["cohort_customers"] or 0) for row in rows)


def kind(chart: Any) -> list[str]:
    return [each["mark"]["type"] for each in chart.to_dict()["vconcat"]]


@pytest.mark.parametrize(
    ("asked", "marks"),
    [
        ({"metrics": ["total_revenue", "total_orders"]}, ["line", "line"]),
        ({"metrics": "total_revenue", "by": "country"}, ["line"]),
        ({"metrics": "total_revenue", "by": "country", "grain": "total"}, ["bar"]),
        ({"metrics": "cohort_retention_rate", "grain": "month"}, ["rect"]),
    ],
    ids=["over time", "a colour for each member", "one period", "cohorts"],
)
def test_plots(opened: Lake, asked: dict[str, Any], marks: list[str]) -> None:
    assert kind(opened.query(**asked).plot()) == marks


def drawn(answer: Answer) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first chart's channels, and its rows."""
    drawing = answer.plot().to_dict()
    first = drawing["vconcat"][0]
    return {**first["encoding"], "title": first["title"]}, drawing["data"]["values"]


def test_a_line_has_its_ticks_at_the_periods(opened: Lake) -> None:
    by_month, rows = drawn(opened.query("total_revenue", grain="month"))
    assert (by_month["x"]["field"], by_month["x"]["type"]) == ("period", "ordinal")
    assert [row["period"] for row in rows] == ["2025-12", "2026-01"]
    by_day, _ = drawn(opened.query("total_revenue"))
    assert (by_day["x"]["field"], by_day["x"]["type"]) == ("period_start", "temporal")


def test_a_chart_says_its_unit_and_what_its_colours_are(opened: Lake) -> None:
    channels, _ = drawn(opened.query("total_revenue", by="sales_channel"))
    assert (channels["title"], channels["color"]["title"]) == ("Total Revenue, EUR", "sales channel")
    assert drawn(opened.query("total_orders"))[0]["title"] == "Total Orders"


@pytest.mark.parametrize(
    ("shares", "scale"),
    [
        ({0: 1.0, 1: 0.4, 2: 0.3, 3: None}, {"domain": [0.3, 0.4], "clamp": True}),
        ({0: 1.0, 1: None}, None),
    ],
    ids=["the later periods", "none is over yet"],
)
def test_colours_tell_the_later_periods_of_cohorts_apart(
    shares: dict[int, float | None], scale: dict[str, Any] | None
) -> None:
    """In a cohort's first period all of it are there: that one would leave one colour to all others."""
    rows = [{"periods_since": number, "share": share} for number, share in shares.items()]
    chart = alt.Chart("rows.csv")
    heat = _cohorts(alt, chart, "share", ".1%", Calendar.MONTH, [], rows).to_dict()
    assert heat["encoding"]["color"].get("scale") == scale


def test_a_query_starts_no_engine_and_loads_none(published_shop: PublishedShop) -> None:
    code = (
        "import sys, lakehouse;"
        f"lake = lakehouse.open({str(published_shop.lake)!r}, conf={str(CONF)!r});"
        "print(lake.query('total_orders', grain='total').to_arrow()['total_orders'][0]);"
        "print(sorted({'pyspark', 'pysail', 'altair', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    number, loaded = done.stdout.splitlines()
    assert int(number) > 0
    assert loaded == "[]"
