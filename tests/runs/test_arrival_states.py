"""Stories of days: nothing came, an empty delivery, a part of one, a late one; and what readers see of each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.ask.asking import ask
from lakehouse.generate import generate
from lakehouse.runs.day_states import State
from lakehouse.runs.freshness import freshness
from lakehouse.runs.report import RunReport, Status
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.query import Calendar, Query
from tests.runs.shops import Runner, Shop, differences
from tests.snapshots import unequal

FIRST, SECOND, THIRD, FOURTH = (f"2024-02-{day}" for day in (26, 27, 28, 29))
ASKED = ("total_revenue", "total_orders", "total_payments", "refunds", "sessions", "order_conversion_rate")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, 4, 12, 5, date.fromisoformat(FIRST))
    return Shop(folder)


@pytest.fixture(scope="module")
def published_once(spark: SparkSession, engine: str, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder = tmp_path_factory.mktemp("lakes")
    runner = Runner(spark, engine, folder / "lake", folder / "landing")
    shop.deliver([FIRST, SECOND], runner.landing)
    runner.run()
    return runner


@pytest.fixture
def runner(published_once: Runner, tmp_path: Path) -> Iterator[Runner]:
    """In the same place for every test, as the lake knows its files by it."""
    place = published_once.lake.parent
    shutil.copytree(place, tmp_path / "before")
    yield published_once
    shutil.rmtree(place)
    shutil.copytree(tmp_path / "before", place)


def by_day(runner: Runner) -> dict[str, dict[str, Any]]:
    answer = ask(runner.snapshot(), runner.workspace.metrics, Query(ASKED))
    return {str(row["period_start"]): row for row in answer.rows.to_pylist()}


def by_orders(days: dict[str, dict[str, Any]], *but: str) -> dict[str, list[Any]]:
    """What days say that does not depend on visits, of which some come a day late."""
    names = ("total_revenue", "total_orders", "total_payments", "refunds")
    return {day: [row[name] for name in names] for day, row in days.items() if day not in but}


def deliver(shop: Shop, runner: Runner, day: str, *objects: str) -> None:
    """The files of a day of some objects alone."""
    for name in objects:
        (path,) = shop.folder.glob(f"{name}/*{day}.csv*")
        shutil.copy2(path, runner.landing / name / path.name)


def deliver_its_own(shop: Shop, runner: Runner, day: str) -> None:
    """All files of a day, without late orders of the day before, which would tell of that."""
    shop.deliver([day], runner.landing)
    path = runner.landing / "orders" / f"orders_{day}.csv"
    header, *rows = path.read_text().splitlines()
    placed = header.split(",").index("ordered_at")
    path.write_text("\n".join([header, *(row for row in rows if row.split(",")[placed].startswith(day))]) + "\n")


def deliver_empty(runner: Runner, day: str, *objects: str) -> None:
    """Files with a header and no record."""
    for name in objects:
        (like,) = runner.landing.glob(f"{name}/*{SECOND}.csv")
        like.with_name(f"{name}_{day}.csv").write_text(like.read_text().splitlines()[0] + "\n")


def lacking(*came: str) -> tuple[str, ...]:
    """The objects that come every day, but for those that came."""
    daily = ("customers", "order_lines", "orders", "payments", "refunds", "sessions")
    return tuple(f"demo_shop.{name}" for name in daily if name not in came)


def said(report: RunReport) -> list[tuple[str, State, tuple[str, ...]]]:
    return [(str(each.day), each.state, each.objects) for each in report.days]


def test_nothing_arrived_and_what_was_published_stays(runner: Runner) -> None:
    before = by_day(runner)
    report = runner.run()
    assert (report.status, said(report)) == (Status.UNCHANGED, [])
    assert list(by_day(runner)) == [FIRST, SECOND]
    assert by_day(runner) == before


def test_a_part_of_a_day_is_not_known_and_the_rest_completes_it(runner: Runner, shop: Shop) -> None:
    before = by_day(runner)
    deliver(shop, runner, THIRD, "sessions")
    report = runner.run()
    assert said(report) == [(THIRD, State.PARTIAL, lacking("sessions"))]
    days = by_day(runner)
    third = days[THIRD]
    assert by_orders(days, THIRD) == by_orders(before)
    assert third["sessions"] > 0
    unknown = [name for name in ASKED if name != "sessions"]
    assert {name: (third[name], third[f"{name}_reason"]) for name in unknown} == dict.fromkeys(
        unknown, (None, "not_arrived")
    )
    fresh = freshness(runner.snapshot())
    assert (str(fresh.known_until["fact_orders"]), str(fresh.known_until["fact_sessions"])) == (SECOND, THIRD)
    assert [str(each.day) for each in fresh.partial] == [THIRD]
    (month,) = ask(runner.snapshot(), runner.workspace.metrics, Query(ASKED, Calendar.MONTH)).rows.to_pylist()
    assert month["total_orders"] == sum(row["total_orders"] for row in before.values())
    assert (str(month["last_date"]), str(month["total_orders_until"])) == (THIRD, SECOND)
    assert str(month["sessions_until"]) == THIRD
    shop.deliver([THIRD, FOURTH], runner.landing)
    assert State.PARTIAL not in [state for _, state, _ in said(runner.run())]
    assert list(differences(runner, shop.truth)) == []
    assert freshness(runner.snapshot()).partial == ()


def revenue(runner: Runner, day: str) -> tuple[Decimal | None, str | None]:
    row = by_day(runner)[day]
    return row["total_revenue"], row["total_revenue_reason"]


def missing_days(report: RunReport) -> str:
    """What a run said that it made of them."""
    return next(each.what for each in report.tables if each.table == "gold.missing_days")


def whole(runner: Runner, name: str) -> Snapshot:
    """What one run over all that lies in landing publishes, beside the lake."""
    at_once = replace(runner, lake=runner.lake.with_name(name))
    at_once.run()
    return at_once.snapshot()


@pytest.mark.stories
def test_a_day_whose_orders_never_came_is_not_zero_until_an_empty_file_says_so(runner: Runner, shop: Shop) -> None:
    deliver(shop, runner, THIRD, "sessions")
    deliver_its_own(shop, runner, FOURTH)
    assert (THIRD, State.PARTIAL, lacking("sessions")) in said(runner.run())
    days = by_day(runner)
    third = {name: (days[THIRD][name], days[THIRD][f"{name}_reason"]) for name in ASKED}
    for name in ("total_revenue", "total_orders", "order_conversion_rate"):
        assert third[name] == (None, "not_arrived")
    assert days[THIRD]["sessions"] > 0
    assert days[FOURTH]["total_revenue"] > 0
    (month,) = ask(runner.snapshot(), runner.workspace.metrics, Query(ASKED, Calendar.MONTH)).rows.to_pylist()
    assert month["total_revenue"] == sum(row["total_revenue"] or 0 for row in days.values())
    assert [str(each.day) for each in freshness(runner.snapshot()).partial] == [THIRD]
    assert unequal(whole(runner, "with_a_hole"), runner.snapshot()) == []

    deliver_empty(runner, THIRD, "customers", "orders", "payments", "refunds")
    assert (THIRD, State.PARTIAL, ("demo_shop.order_lines",)) in said(runner.run())
    assert revenue(runner, THIRD) == (None, "not_arrived")
    deliver_empty(runner, THIRD, "order_lines")
    assert State.PARTIAL not in [state for _, state, _ in said(runner.run())]
    assert revenue(runner, THIRD) == (Decimal(0), None)
    assert freshness(runner.snapshot()).partial == ()
    assert unequal(whole(runner, "empty"), runner.snapshot()) == []


@pytest.mark.stories
def test_a_day_that_never_came_is_not_known_by_its_late_orders_but_by_its_own_files(runner: Runner, shop: Shop) -> None:
    deliver(shop, runner, THIRD, "sessions")
    assert missing_days(runner.run()) == "unchanged"
    deliver_its_own(shop, runner, FOURTH)
    assert missing_days(runner.run()) == "5 rows"
    assert revenue(runner, THIRD) == (None, "not_arrived")
    shop.deliver([FOURTH], runner.landing)
    assert missing_days(runner.run()) == "unchanged"
    assert revenue(runner, THIRD) == (None, "not_arrived")
    assert [str(each.day) for each in freshness(runner.snapshot()).partial] == [THIRD]
    shop.deliver([THIRD], runner.landing)
    report = runner.run()
    assert State.PARTIAL not in [state for _, state, _ in said(report)]
    assert missing_days(report) == "0 rows"
    assert list(differences(runner, shop.truth)) == []
    assert unequal(whole(runner, "late"), runner.snapshot()) == []


def test_orders_without_their_lines_are_not_worth_their_shipping_alone(runner: Runner, shop: Shop) -> None:
    deliver(shop, runner, THIRD, "orders")
    report = runner.run()
    assert said(report) == [(THIRD, State.PARTIAL, lacking("orders"))]
    third = by_day(runner)[THIRD]
    assert (third["total_revenue"], third["total_orders"], third["total_orders_reason"]) == (None, None, "not_arrived")


def test_an_empty_delivery_makes_a_day_with_none_and_wipes_no_other(runner: Runner, shop: Shop) -> None:
    before = by_day(runner)
    deliver(shop, runner, THIRD, "sessions")
    runner.run()
    assert by_day(runner)[THIRD]["total_orders"] is None
    deliver_empty(runner, THIRD, "customers", "orders", "order_lines", "payments", "refunds")
    deliver_empty(runner, FIRST + "_again", "orders", "order_lines")
    report = runner.run()
    twice = ("demo_shop.order_lines", "demo_shop.orders")
    assert said(report) == [(FIRST, State.EMPTY, twice), (THIRD, State.EMPTY, lacking("sessions"))]
    days = by_day(runner)
    third = days[THIRD]
    assert by_orders(days, THIRD) == by_orders(before)
    assert [third[name] for name in ASKED[:4]] == [Decimal(0), 0, Decimal(0), Decimal(0)]
    assert third["sessions"] > 0
    assert third["order_conversion_rate"] == 0


def test_yesterdays_rows_in_todays_file_are_not_todays(runner: Runner, shop: Shop) -> None:
    before = by_day(runner)
    deliver(shop, runner, THIRD, "sessions")
    for name in ("orders", "order_lines", "payments"):
        yesterday = runner.landing / name / f"{name}_{SECOND}.csv"
        shutil.copy2(yesterday, yesterday.with_name(f"{name}_{THIRD}.csv"))
    report = runner.run()
    loaded = {balance.entity: (balance.loaded, balance.unchanged > 0) for balance in report.balances}
    assert loaded["orders"] == (0, True)
    days = by_day(runner)
    third = days[THIRD]
    assert by_orders(days, THIRD) == by_orders(before)
    assert (third["total_orders"], third["total_orders_reason"]) == (None, "not_arrived")
    assert (third["total_payments"], third["total_payments_reason"]) == (None, "not_arrived")


@pytest.mark.stories
def test_a_late_day_is_named_and_corrected(runner: Runner, shop: Shop) -> None:
    shop.deliver([FOURTH], runner.landing)
    assert State.LATE not in [state for _, state, _ in said(runner.run())]
    shop.deliver([THIRD], runner.landing)
    [late] = [each for each in said(runner.run()) if each[1] is State.LATE]
    assert late[0] == THIRD
    assert {"demo_shop.orders", "demo_shop.order_lines"} <= set(late[2])
    assert list(differences(runner, shop.truth)) == []


def test_a_day_for_which_nothing_came_is_not_known_by_rows_of_later_files(runner: Runner, shop: Shop) -> None:
    """Its late orders come with those of the day after, and are not all that there were."""
    shop.deliver([FOURTH], runner.landing)
    assert (THIRD, State.PARTIAL, lacking()) in said(runner.run())
    days = by_day(runner)
    assert {days[THIRD][f"{name}_reason"] for name in ASKED} == {"not_arrived"}
    assert days[FOURTH]["total_revenue"] > 0
    assert [str(each.day) for each in freshness(runner.snapshot()).partial] == [THIRD]
    shop.deliver([THIRD], runner.landing)
    runner.run()
    assert list(differences(runner, shop.truth)) == []


def test_a_day_of_nothing_but_bytes_missing_is_refused(runner: Runner) -> None:
    before = by_day(runner)
    path = runner.landing / "sessions" / f"sessions_{THIRD}.csv.gz"
    path.write_bytes(b"")
    report = runner.run()
    assert [problem.what for problem in report.problems] == ["quarantined: file:empty_file"]
    lacks = [(THIRD, State.DAMAGED, ("demo_shop.sessions",)), (THIRD, State.PARTIAL, lacking("sessions"))]
    assert said(report) == lacks
    assert by_day(runner) == before


@pytest.mark.stories
def test_a_damaged_file_leaves_its_day_unknown_until_it_comes_whole(runner: Runner, shop: Shop) -> None:
    shop.deliver([THIRD, FOURTH], runner.landing)
    without_column = runner.landing / "payments" / f"payments_{THIRD}.csv"
    header, *rows = without_column.read_text().splitlines()
    without_column.write_text("\n".join([header.replace("order_id", "of_order"), *rows]) + "\n")
    cut_off = runner.landing / "order_lines" / f"order_lines_{FOURTH}.csv"
    cut_off.write_bytes(cut_off.read_bytes()[: cut_off.stat().st_size // 2].rpartition(b",")[0])
    report = runner.run()
    damaged = [(THIRD, State.DAMAGED, ("demo_shop.payments",)), (FOURTH, State.DAMAGED, ("demo_shop.order_lines",))]
    assert [each for each in said(report) if each[1] is State.DAMAGED] == damaged
    days = by_day(runner)
    known = {day: [name for name in ASKED if days[day][name] is not None] for day in (THIRD, FOURTH)}
    assert known == {
        THIRD: ["total_revenue", "total_orders", "refunds", "sessions", "order_conversion_rate"],
        FOURTH: ["total_payments", "refunds", "sessions"],
    }
    assert days[THIRD]["total_payments_reason"] == days[FOURTH]["total_revenue_reason"] == "not_arrived"
    assert [(str(each.day), each.state, each.objects) for each in freshness(runner.snapshot()).partial] == damaged
    assert unequal(whole(runner, "damaged"), runner.snapshot()) == []

    shop.deliver([THIRD, FOURTH], runner.landing)
    assert State.DAMAGED not in [state for _, state, _ in said(runner.run())]
    assert freshness(runner.snapshot()).partial == ()
    assert list(differences(runner, shop.truth)) == []
    assert unequal(whole(runner, "mended"), runner.snapshot()) == []
