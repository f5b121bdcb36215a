"""The gates before publishing: what a failed check forbids, and that every record is accounted for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from deltalake import write_deltalake
from pyspark.sql import SparkSession

from lakehouse.errors import IntegrityError, QualityBlockedError
from lakehouse.quality.ledger import BALANCES, FileState
from lakehouse.runs.audit import audit, require_balance, require_quality
from lakehouse.runs.context import Run
from lakehouse.runs.load_bronze import FileAccount
from lakehouse.runs.manifest import Check
from lakehouse.settings import Storage
from lakehouse.sources.definition import Source
from lakehouse.storage.lake import Lake
from lakehouse.storage.objects import StoredObject
from lakehouse.storage.write import Commit
from lakehouse.table import STRING, Expectation, Field, Layer, Severity, Table
from tests.rows import arrow_rows


def check(name: str, severity: Any, failed: int) -> Check:
    return Check(table="gold.sales", name=name, severity=severity, failed_rows=failed)


def test_what_only_warns_forbids_nothing() -> None:
    require_quality([check("odd", "warn", 7), check("set_aside", "quarantine", 7), check("good", "block", 0)])


def test_all_that_forbids_is_told() -> None:
    with pytest.raises(QualityBlockedError) as blocked:
        require_quality([check("one", "block", 1), check("odd", "warn", 7), check("many", "block", 12345)])
    assert str(blocked.value).splitlines() == [
        "not published, readers keep the snapshot before; these checks failed:",
        "  gold.sales: one (1 rows)",
        "  gold.sales: many (12,345 rows)",
    ]


# ── every record is accounted for ─────────────────────────────────────────────────────────────────────────────────────

MAPPING = {"from": "sales", "fields": {}}
TWO = [{"from": "sales", "fields": {}}, {"from": ["sales", "returns"], "fields": {}}]
SOURCE = Source.model_validate(
    {
        "source": "shop",
        "objects": {"sales": {"files": "s"}, "returns": {"files": "r"}, "notes": {"files": "n"}},
        "entities": {"orders": MAPPING, "order_lines": TWO},
    }
)
COUNTS = ("filtered", "loaded", "unchanged", "stale", "duplicate", "quarantined")


def account(records: int, rejected: int = 0, name: str = "sales", state: FileState = FileState.LOADED) -> FileAccount:
    return FileAccount(
        source="shop",
        object_name=name,
        file=StoredObject("landing/file.csv", 1, datetime(2026, 1, 1, tzinfo=UTC)),
        path="file.csv",
        object_id="file",
        content_sha256="0",
        state=state,
        reason=None,
        records=records,
        rejected=rejected,
        notices=(),
    )


def line(entity: str, rows: int, name: str = "sales", **given: Any) -> dict[str, Any]:
    counts = {f"{count}_count": given.pop(count, 0) for count in COUNTS}
    return {
        "object_id": "file",
        "source": "shop",
        "object_name": name,
        "entity": entity,
        "row_count": rows,
        **counts,
        "_run_id": "now",
        **given,
    }


def require(folder: Path, accounts: list[FileAccount], *lines: Mapping[str, Any]) -> None:
    lake = Lake(str(folder), Storage())
    lake.create(BALANCES)
    if lines:
        write_deltalake(lake.uri(BALANCES), arrow_rows(BALANCES, *lines), mode="append")
        lake.forget()
    run = cast("Run", SimpleNamespace(lake=lake, run_id="now"))
    require_balance(run, {"shop": SOURCE}, accounts)


ORDERS = line("orders", 6, filtered=1, loaded=1, unchanged=1, stale=1, duplicate=1, quarantined=1)
LINES = line("order_lines", 12, loaded=12)


@pytest.mark.parametrize(
    ("accounts", "lines"),
    [
        ([account(6)], [ORDERS, LINES]),
        ([account(8, rejected=2)], [ORDERS, LINES]),
        ([account(0)], []),
        ([account(9, name="notes")], []),
        ([account(2, name="returns")], [line("order_lines", 2, "returns", stale=2)]),
        ([account(9, state=FileState.QUARANTINED)], []),
        ([account(6)], [ORDERS, LINES, line("orders", 99, _run_id="before")]),
    ],
    ids=[
        "each outcome counts",
        "unreadable records are set aside already",
        "no record",
        "object that feeds nothing",
        "object of one mapping",
        "file set aside",
        "an earlier run's balance",
    ],
)
def test_what_balances(tmp_path: Path, accounts: list[FileAccount], lines: list[dict[str, Any]]) -> None:
    require(tmp_path, accounts, *lines)


@pytest.mark.parametrize(
    ("accounts", "lines", "told"),
    [
        ([account(6)], [], "of 6 records, 0 of 6 expected are accounted for in orders"),
        ([account(6)], [ORDERS], "of 6 records, 0 of 12 expected are accounted for in order_lines"),
        ([account(6)], [line("orders", 5, loaded=5), LINES], "of 6 records, 5 of 6 expected"),
        ([account(6)], [line("orders", 7, loaded=7), LINES], "of 6 records, 7 of 6 expected"),
        ([account(6)], [line("orders", 6, loaded=5), LINES], "of 6 records, 5 of 6 expected"),
        ([account(6)], [line("orders", 5, loaded=6), LINES], "of 6 records, 6 of 6 expected"),
        ([account(6)], [ORDERS, line("order_lines", 6, loaded=6)], "of 6 records, 6 of 12 expected"),
        ([account(6, rejected=1)], [ORDERS, LINES], "of 5 records, 6 of 5 expected"),
        ([account(6)], [{**ORDERS, "_run_id": "before"}, LINES], "of 6 records, 0 of 6 expected"),
        ([account(6)], [{**ORDERS, "object_id": "another"}, LINES], "of 6 records, 0 of 6 expected"),
        ([account(6)], [{**ORDERS, "object_name": "returns"}, LINES], "of 6 records, 0 of 6 expected"),
        ([account(6)], [{**ORDERS, "source": "till"}, LINES], "of 6 records, 0 of 6 expected"),
        ([account(0), account(6)], [ORDERS, LINES], "of 0 records, 6 of 0 expected"),
    ],
    ids=[
        "nothing written down",
        "an entity is missing",
        "a row is lost",
        "a row is doubled",
        "a row has no outcome",
        "a row has two outcomes",
        "one of two mappings",
        "a rejected record is loaded",
        "only an earlier run's balance",
        "another file's balance",
        "another object's balance",
        "another source's balance of the same file",
        "rows of a file of nothing",
    ],
)
def test_what_does_not_balance(
    tmp_path: Path, accounts: list[FileAccount], lines: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(IntegrityError, match=rf"landing/file\.csv: {told}.*; nothing was published"):
        require(tmp_path, accounts, *lines)


# ── checks over the tables as written ─────────────────────────────────────────────────────────────────────────────────

KINDS = Table(Layer.GOLD, "kinds", "One row per kind.", (Field("kind", STRING, "The kind."),), ("kind",))
THINGS = Table(
    Layer.GOLD,
    "things",
    "One row per thing.",
    (
        Field("thing", STRING, "The thing."),
        Field("kind", STRING, "Its kind.", references="kinds.kind"),
        Field("colour", STRING, "Its colour.", values=("red", "blue")),
    ),
    ("thing",),
    expectations=(Expectation("is_named", "thing <> 'x'", Severity.WARN),),
)
BARE = Table(Layer.GOLD, "bare", "One row per note.", (Field("note", STRING, "A note.", nullable=True),), ())


def audited(folder: Path, spark: SparkSession, *tables: Table) -> dict[str, tuple[str, int]]:
    lake = Lake(str(folder), Storage())
    things = [
        {"thing": "a", "kind": "k"},
        {"thing": "a", "kind": "nowhere"},
        {"thing": "x", "kind": "k", "colour": "green"},
    ]
    for table, given in ((KINDS, [{"kind": "k"}]), (THINGS, things), (BARE, [{"note": "n"}])):
        lake.create(table)
        write_deltalake(lake.uri(table), arrow_rows(table, *given), mode="append")
    run = cast("Run", SimpleNamespace(read=lambda table: lake.read(spark, table)))
    outcomes = audit(run, [Commit(table, 0, 1) for table in tables], [KINDS, THINGS])
    assert list(outcomes) == sorted(outcomes, key=lambda outcome: (outcome.table, outcome.name))
    return {f"{outcome.table}: {outcome.name}": (outcome.severity, outcome.failed_rows) for outcome in outcomes}


def test_each_table_is_checked_by_its_declaration(tmp_path: Path, spark: SparkSession) -> None:
    assert audited(tmp_path, spark, THINGS, KINDS, BARE) == {
        "gold.kinds: kind_is_not_null": ("block", 0),
        "gold.kinds: primary_key_is_unique": ("block", 0),
        "gold.things: colour_is_in_vocabulary": ("block", 1),
        "gold.things: colour_is_not_null": ("block", 0),
        "gold.things: is_named": ("warn", 1),
        "gold.things: kind_is_not_null": ("block", 0),
        "gold.things: kind_points_to_kinds": ("block", 1),
        "gold.things: primary_key_is_unique": ("block", 1),
        "gold.things: thing_is_not_null": ("block", 0),
    }


def test_where_nothing_is_declared_nothing_is_checked(tmp_path: Path, spark: SparkSession) -> None:
    assert audited(tmp_path, spark, BARE) == {}
    assert audited(tmp_path / "none", spark) == {}
