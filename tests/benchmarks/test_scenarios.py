"""The scenarios, with shops of a few orders and what starts quickly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.contestants import FLOOR_ON_SAIL, LAKEHOUSE_ON_SAIL, PLAIN_ON_DUCKDB, Contestant, FailedError
from benchmarks.results import Result
from benchmarks.scenarios import NOTHING_NEW, Bench, day, full
from benchmarks.shops import shop_of, shop_with


def bench(folder: Path, *contestants: Contestant, rounds: int = 1) -> Bench:
    return Bench(folder, contestants, rounds, lambda _: None)


def result(bench: Bench, scenario: str, contestant: Contestant) -> Result:
    found = bench.results.of(scenario, contestant)
    assert found is not None
    return found


def test_contestants_run_once_in_each_round(tmp_path: Path) -> None:
    small = bench(tmp_path, PLAIN_ON_DUCKDB, rounds=2)
    full(small, 3000)
    assert len(result(small, "full-3000", PLAIN_ON_DUCKDB).samples) == 2


def test_a_contestant_with_wrong_numbers_fails(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, 3000)
    truth = json.loads(shop.truth.read_text())
    truth["grains"]["month"][0]["total_orders"] += 1
    shop.truth.write_text(json.dumps(truth))
    with pytest.raises(
        FailedError, match=r"(?s)plain script on DuckDB wrote wrong numbers.*total_orders of 2023-01-01"
    ):
        full(bench(tmp_path, PLAIN_ON_DUCKDB), 3000)


def test_a_contestant_that_ends_with_an_error_fails(tmp_path: Path) -> None:
    (shop_with(tmp_path, 3000).folder / "orders" / "orders_2023-01-01.csv").write_text("order_id\n1\n")
    with pytest.raises(FailedError, match=r"(?s)exit code 1 of .*landing_orders"):
        full(bench(tmp_path, PLAIN_ON_DUCKDB), 3000)


def test_a_day_comes_on_top_of_its_history_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    small = bench(tmp_path, LAKEHOUSE_ON_SAIL, FLOOR_ON_SAIL)
    day(small, [2], longest=2, orders_per_day=300)
    assert result(small, "day-2", FLOOR_ON_SAIL).samples[0].tables > 20
    assert {"bronze", "silver", "gold", "kpi"} <= set(result(small, "day-2", LAKEHOUSE_ON_SAIL).samples[0].parts)
    assert result(small, NOTHING_NEW, LAKEHOUSE_ON_SAIL).samples[0].usage.engines == ()
    delivered = {path.name[-14:-4] for path in (tmp_path / "landing-2-of-shop-3x300" / "orders").iterdir()}
    assert delivered == set(shop_of(tmp_path, 3, 300).days[:2])
