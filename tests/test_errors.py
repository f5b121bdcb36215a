"""Which name was meant."""

from __future__ import annotations

import pytest

from lakehouse.errors import nearest

FIELDS = ("order_id", "tax_amount", "shipping_amount", "declared_total_amount", "ordered_at")
MEANT = [
    pytest.param("tax_amonut", "tax_amount", id="one that looks like it"),
    pytest.param("Tax_Amount", "tax_amount", id="in capitals"),
    pytest.param("total_amount", "declared_total_amount", id="one that has all of its words"),
    pytest.param("order", "order_id", id="of a single word one that looks like it"),
    pytest.param("weather", None, id="none"),
]


@pytest.mark.parametrize(("name", "meant"), MEANT)
def test_nearest(name: str, meant: str | None) -> None:
    assert nearest(name, FIELDS) == meant


def test_of_several_with_all_words_the_shortest_is_meant() -> None:
    assert nearest("total_revenue", ["net_total_revenue_growth", "gross_total_revenue"]) == "gross_total_revenue"


def test_a_slip_is_meant_rather_than_a_longer_name() -> None:
    assert nearest("fact_order", ["fact_order_lines", "fact_orders"]) == "fact_orders"
