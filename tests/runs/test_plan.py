"""A plan followed by a run: no file changes by the one, and the other writes what was planned and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakehouse.errors import IntegrityError, NothingArrivedError
from lakehouse.runs.history import PastRun, history
from lakehouse.runs.lease import hold
from lakehouse.runs.plan import Plan
from lakehouse.runs.planned_tables import Reach
from lakehouse.runs.work import TableWork
from lakehouse.settings import Cost, Glue, Storage
from tests.runs.small_shop import SHIPPED, SmallShop


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder with its size and its time."""
    found = {str(path): path.stat() for path in sorted(folder.rglob("*"))}
    return {path: (told.st_size, told.st_mtime_ns) for path, told in found.items()}


def planned(shop: SmallShop, *, full: bool = False, **business: Any) -> Plan:
    workspace = shop.workspace(**business)
    before = listing(shop.folder)
    found = shop.plan(workspace, full=full)
    assert listing(shop.folder) == before
    return found


def names(plan: Plan) -> set[str]:
    return {table.table for table in plan.tables}


def table(plan: Plan, name: str) -> Any:
    (found,) = (table for table in plan.tables if table.table == name)
    return found


def last_run(shop: SmallShop) -> PastRun:
    return history(shop.lake.root, Storage(), 1)[0]


def work(run: PastRun) -> Mapping[str, TableWork]:
    assert run.work is not None
    return run.work.tables


def planned_and_run(shop: SmallShop, *, full: bool = False, **business: Any) -> tuple[Plan, PastRun]:
    """A plan, then the run; all that is certain of a plan came true."""
    plan = planned(shop, full=full, **business)
    report = shop.run(full=full, workspace=shop.workspace(**business))
    run = last_run(shop)
    assert (plan.is_empty, report.status) in {(True, "unchanged"), (False, "published")}
    if not plan.is_empty:
        assert run.work is not None
        assert set(run.tables or ()) <= names(plan)
        assert set(run.work.tables) == names(plan)
        assert (run.files, run.work.bytes) == (
            sum(len(each.files) for each in plan.files),
            sum(each.bytes for each in plan.files),
        )
        assert run.work.estimate == plan.estimate
        assert {name for name, done in run.work.tables.items() if done.actual} <= set(run.tables or ())
        assert {name: done.planned for name, done in run.work.tables.items()} == {
            each.table: each.amount for each in plan.tables
        }
    return plan, run


# ── stories ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_before_the_first_run_all_tables_are_planned(shop: SmallShop) -> None:
    """One file of each object, so they are read, and records are known exactly."""
    shop.lake_name = "fresh"
    plan, run = planned_and_run(shop)
    assert plan.base_run_id is None
    assert [(str(each), each.records, each.basis) for each in plan.files] == [
        ("corner.orders", 2, "read"),
        ("corner.lines", 3, "read"),
        ("corner.customers", 1, "read"),
    ]
    assert names(plan) == set(run.tables or ())
    exact = ["bronze.corner__orders", "silver.orders", "silver.order_lines", "silver.customer_versions", "runs.objects"]
    for name in (*exact, "gold.shipped"):
        done = work(run)[name]
        assert done.planned is not None
        assert done.actual is not None
        assert done.planned.rows == done.actual.rows, name
    assert table(plan, "silver.payments").why == "not there yet: created empty"
    assert work(run)["silver.payments"].actual is None


def deliver_orders(shop: SmallShop) -> None:
    shop.deliver("orders_2", "o3,2026-02-07,paid,3.00,1", "o1,2026-01-05,paid,9.00,2", minute=1)


def deliver_customer(shop: SmallShop) -> None:
    shop.deliver("customers_2", "c2,bob@example.com,1", minute=1)


def deliver_rejects(shop: SmallShop) -> None:
    shop.deliver("orders_2", "o4,never,paid,1.00,1", "o5,2026-01-08,paid", minute=1)


def deliver_unreadable(shop: SmallShop) -> None:
    shop.deliver("customers_2", "c2,bob@example.com,1", header="customer_id,mail,changed", minute=1)


def deliver_again(shop: SmallShop) -> None:
    os.utime(shop.landing / "lines_1.csv", (2e9, 2e9))


@pytest.mark.parametrize(
    ("deliver", "tables"),
    [
        (deliver_orders, {"bronze.corner__orders", "silver.orders", "gold.shipped", "quarantine.set_aside"}),
        (deliver_rejects, {"bronze.corner__orders", "silver.orders", "gold.shipped"}),
        (deliver_customer, {"bronze.corner__customers", "silver.customers", "silver.customer_versions"}),
        (deliver_unreadable, {"bronze.corner__customers", "silver.customers", "silver.customer_versions"}),
        (deliver_again, {"bronze.corner__lines", "silver.order_lines"}),
    ],
    ids=["new and newer orders", "broken orders", "a customer", "a file that can not be read", "nothing but again"],
)
def test_new_files_reach_what_is_made_of_them(
    shop: SmallShop, deliver: Callable[[SmallShop], None], tables: set[str]
) -> None:
    deliver(shop)
    plan, run = planned_and_run(shop)
    records = {"runs.objects", "runs.balances", "quarantine.rejects"}
    assert names(plan) - records - {"quarantine.set_aside"} == tables - {"quarantine.set_aside"}
    assert records <= names(plan)
    assert (table(plan, "runs.objects").forecast.rows, table(plan, "runs.objects").reach) == (1, Reach.ADDED)
    done = work(run)["runs.objects"]
    assert done.actual is not None
    assert (done.actual.partitions, done.actual.rows) == (1, 1)


def test_too_many_for_the_memory_make_a_table_as_a_whole(shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver_orders(shop)
    few = table(planned(shop), "silver.orders")
    monkeypatch.setattr("lakehouse.runs.planned_tables.MOST_ROWS", 1)
    many = table(planned(shop), "silver.orders")
    assert (few.reach, few.staged_rows, few.commits) == (Reach.SCOPED, 0, 1)
    assert (many.reach, many.staged_rows, many.commits) == (Reach.WHOLE, 2 * 2, 2 + 1)


def test_nothing_new_is_said(shop: SmallShop) -> None:
    plan, _ = planned_and_run(shop)
    assert (plan.is_empty, plan.files, plan.estimate) == (True, (), None)
    assert plan.base_run_id == shop.snapshot().manifest.run_id


def test_a_rebuild_says_why_and_makes_tables_as_a_whole(shop: SmallShop) -> None:
    plan, run = planned_and_run(shop, full=True)
    assert plan.rebuilt == "asked for by --full"
    orders = table(plan, "silver.orders")
    assert (orders.reach, orders.why, orders.forecast.rows) == (Reach.WHOLE, "asked for by --full", 2)
    assert work(run)["silver.orders"].is_whole
    actual = work(run)["gold.shipped"].actual
    assert actual is not None
    assert (actual.rows, actual.read_bytes) == (2, shop.snapshot().manifest.tables["silver.orders"].bytes)


def test_another_setting_reaches_gold_alone(shop: SmallShop) -> None:
    plan, run = planned_and_run(shop, currency="USD")
    assert names(plan) - {"runs.objects", "quarantine.set_aside"} == {"gold.shipped"}
    assert table(plan, "gold.shipped").why == "the business settings changed"
    assert run.tables is not None
    assert "gold.shipped" in run.tables


def test_another_definition_reaches_all_that_came_from_it(shop: SmallShop) -> None:
    shop.source = shop.source.replace("status: status", "status: \"'paid'\"")
    plan, _ = planned_and_run(shop)
    assert plan.rebuilt == "the definition of corner changed"
    assert {"silver.orders", "silver.customers", "gold.shipped"} <= names(plan)
    assert not [name for name in names(plan) if name.startswith("bronze.")]


def test_a_file_that_is_required_from_now_on_is_missed(shop: SmallShop) -> None:
    shop.deliver("lines_2025-12-30", "l8,o8,1,1.00,1")
    shop.deliver("orders_2025-12-31", "o8,2025-12-31,paid,1.00,1")
    shop.run()
    shop.source = shop.source.replace("files: lines*.csv", "files: lines*.csv\n    required: true")
    plan, run = planned_and_run(shop)
    assert table(plan, "runs.deliveries").why == "the definition of corner changed"
    assert "runs.deliveries" in (run.tables or ())
    assert {"order_lines": date(2025, 12, 31)} == {
        row["entity"]: row["delivery_date"] for row in shop.published("deliveries") if row["record_count"] is None
    }


def test_the_next_plan_goes_by_what_the_last_run_did(shop: SmallShop) -> None:
    """Orders of two months are held; the run before wrote one of these."""
    deliver_orders(shop)
    first, run = planned_and_run(shop)
    assert table(first, "silver.orders").forecast.basis.endswith("no scoped run to go by yet")
    shop.deliver("orders_3", "o4,2026-02-08,paid,3.00,1", minute=2)
    second = planned(shop)
    orders = table(second, "silver.orders").forecast
    actual = work(run)["silver.orders"].actual
    assert actual is not None
    assert (orders.basis, orders.partitions) == ("as the last scoped run", actual.partitions)
    ratios = [
        past.seconds / past.work.estimate.seconds * past.work.estimate.correction
        for past in history(shop.lake.root, Storage(), 3)
        if past.work is not None and past.seconds
    ]
    assert second.estimate is not None
    assert second.estimate.correction == pytest.approx(median(ratios), abs=0.001)


def test_what_a_job_on_glue_cost_is_kept(shop: SmallShop) -> None:
    workspace = shop.workspace()
    cost = Cost(glue=Glue(workers=3, is_used=True))
    workspace = replace(workspace, settings=workspace.settings.model_copy(update={"cost": cost}))
    deliver_customer(shop)
    shop.run(workspace=workspace)
    done = last_run(shop).work
    assert done is not None
    assert done.dpu_seconds == 3 * 60
    assert done.dollars == pytest.approx(180 / 3600 * 0.44)
    assert done.estimate.seconds == done.estimate.glue_seconds


def test_what_an_earlier_run_left_is_put_back_first(shop: SmallShop) -> None:
    assert planned(shop).put_back == ()
    shop.lake.delta(SHIPPED).delete()
    assert planned(shop).put_back == ("gold.shipped",)


@pytest.mark.parametrize("is_published", [False, True], ids=["after publishing", "of what is published"])
def test_damage_that_a_run_mends_is_told_and_other_ends_it(shop: SmallShop, is_published: bool) -> None:
    log = Path(shop.lake.root) / SHIPPED.path / "_delta_log"
    (log / f"{shop.snapshot().manifest.tables[str(SHIPPED)].version + (not is_published):020}.json").write_text('{"add')
    if is_published:
        with pytest.raises(IntegrityError, match=r"gold/shipped can not be opened"):
            planned(shop)
    else:
        assert planned(shop).put_back == ("gold.shipped",)


@pytest.mark.parametrize(
    ("most_rows", "told"),
    [
        pytest.param(500_000, r"gold/shipped ends at version 0, and 2 was published", id="written by the driver"),
        pytest.param(0, r"gold/shipped can not be opened", id="written by the engine"),
    ],
)
def test_commits_that_are_lost_end_it_as_they_end_a_run(
    shop: SmallShop, most_rows: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakehouse.runs.context.MOST_ROWS", most_rows)
    shop.run(full=True)
    for path in sorted((Path(shop.lake.root) / SHIPPED.path / "_delta_log").glob("*.json"))[1:]:
        path.unlink()
    with pytest.raises(IntegrityError, match=told):
        planned(shop)


def test_another_command_at_work_is_told(shop: SmallShop) -> None:
    with hold(shop.lake.root, Storage(), "vacuum"):
        told = planned(shop).held_by
    assert told is not None
    assert "held by `lakehouse vacuum`" in told
    assert planned(shop).held_by is None


def test_a_required_object_without_a_file_is_told(shop: SmallShop) -> None:
    (shop.landing / "orders_1.csv").unlink()
    assert planned(shop).missing == ("corner.orders",)


def test_nothing_at_all_is_as_for_a_run(shop: SmallShop) -> None:
    nowhere = SmallShop(shop.spark, shop.engine, shop.folder / "elsewhere")
    nowhere.folder.mkdir()
    with pytest.raises(NothingArrivedError, match=r"corner\.orders: orders\*\.csv"):
        planned(nowhere)


# ── any deliveries ────────────────────────────────────────────────────────────────────────────────────────────────────

# A record that can not be read would end the run: orders must arrive whole.
ORDER = st.builds(
    "o{},{},paid,{}.00,{}".format,
    st.integers(1, 3),
    st.sampled_from(("2026-01-11", "2026-03-12", "never")),
    st.integers(1, 9),
    st.integers(1, 3),
)
LINE = st.builds("l{},o{},{},5.00,{}".format, *(st.integers(1, most) for most in (3, 3, 9, 3)))
CUSTOMER = st.builds("c{},{}@example.com,{}".format, st.integers(1, 3), st.sampled_from("ab"), st.integers(1, 3))
DELIVERY = st.fixed_dictionaries(
    {},
    optional={
        kind: st.lists(rows, max_size=4)
        for kind, rows in {"orders": ORDER, "lines": LINE, "customers": CUSTOMER}.items()
    },
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivery=DELIVERY, is_full=st.booleans())
def test_a_run_writes_no_table_that_is_not_planned(
    shop: SmallShop, delivery: Mapping[str, list[str]], is_full: bool
) -> None:
    """One delivery upon the other, as the examples come."""
    number = len(list(shop.landing.iterdir()))
    for kind, records in delivery.items():
        shop.deliver(f"{kind}_{number}", *records, minute=number)
    planned_and_run(shop, full=is_full)
