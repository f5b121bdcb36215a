"""`lakehouse metrics`: what the metrics mean."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.command import CONF, lakehouse
from tests.cli.conftest import PublishedShop


def test_list_has_every_metric() -> None:
    listed = lakehouse("metrics", "list", "--conf", CONF, "--json").json
    lines = [line.split() for line in lakehouse("metrics", "list", "--conf", CONF).out.splitlines()]
    assert lines[0][0] == "metric"
    assert [line[0] for line in lines[1:]] == [metric["name"] for metric in listed]
    assert {"total_revenue", "revenue_growth_rate"} <= {metric["name"] for metric in listed}


def test_show_has_the_definition() -> None:
    metric = lakehouse("metrics", "show", "average_order_value", "--conf", CONF, "--json").json
    assert (metric["name"], metric["numerator"], metric["denominator"]) == (
        "average_order_value",
        "total_revenue",
        "total_orders",
    )
    text = lakehouse("metrics", "show", "average_order_value", "--conf", CONF).out
    assert text.startswith(f"{metric['business_name']} (average_order_value, mart {metric['mart']}, owner ")
    assert "  numerator: total_revenue\n" in text
    assert "  synonyms: [AOV" in text
    assert text.endswith(f"defined in {CONF / 'metrics' / metric['mart']}.yml\n")


def test_show_knows_synonyms_of_what_is_unknown() -> None:
    ended = lakehouse("metrics", "show", "aov", "--conf", CONF)
    assert ended.code == 2
    assert ended.err == "error: metrics: unknown metric 'aov' (did you mean 'average_order_value'?)\n"


def test_check_counts_what_is_right() -> None:
    said = lakehouse("metrics", "check", "--conf", CONF, "--json").json
    assert said["marts"] == ["customers", "orders", "payments", "revenue"]
    assert lakehouse("metrics", "check", "--conf", CONF).out == f"{said['metrics']} metrics in 4 marts, no mistakes\n"


def test_a_new_metric_is_filled_for_all_days_by_the_next_run(
    published_shop: PublishedShop, landing: Path, tmp_path: Path
) -> None:
    lake, conf = tmp_path / "lake", tmp_path / "conf"
    shutil.copytree(published_shop.lake, lake)
    shutil.copytree(CONF, conf)
    with (conf / "metrics" / "orders.yml").open("a") as file:
        file.write(
            "\n  first_orders:\n    type: simple\n    business_name: First Orders\n    description: Of customers.\n"
            "    measure: {table: fact_orders, date: order_date, aggregate: count, where: [is_first_order]}\n"
            "    format: count\n"
        )
    ended = lakehouse("run", "--lake", lake, "--landing", landing, "--source", "demo_shop", "--conf", conf)
    assert ended.code == 0, ended.err
    asked = ("query", "first_orders", "new_customers", "--lake", lake, "--conf", conf, "--grain", "year", "--json")
    years = lakehouse(*asked).json
    assert [year["first_orders"] for year in years] == [year["new_customers"] for year in years]
    assert sum(year["first_orders"] for year in years) > 0
