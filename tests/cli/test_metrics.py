"""`lakehouse metrics`: what the metrics mean."""

from __future__ import annotations

from tests.cli.command import CONF, lakehouse


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


def test_show_knows_synonyms_of_what_is_unknown() -> None:
    ended = lakehouse("metrics", "show", "aov", "--conf", CONF)
    assert ended.code == 2
    assert ended.err == "error: metrics: unknown metric 'aov' (did you mean 'average_order_value'?)\n"


def test_check_counts_what_is_right() -> None:
    said = lakehouse("metrics", "check", "--conf", CONF, "--json").json
    assert said["marts"] == ["customers", "orders", "payments", "revenue"]
    assert lakehouse("metrics", "check", "--conf", CONF).out == f"{said['metrics']} metrics in 4 marts, no mistakes\n"
