"""Which version of a key counts: every outcome, and that no order of deliveries matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.quality.staged import staged_table
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.exchange_rates import TABLE as EXCHANGE_RATES
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.versions import CONFLICT, RETIRED_HASH, Outcome, classify
from lakehouse.table import Table
from tests.published import Row
from tests.rows import rows

LOADED, UNCHANGED, STALE, DUPLICATE = Outcome.LOADED, Outcome.UNCHANGED, Outcome.STALE, Outcome.DUPLICATE
QUARANTINED, FILTERED, RETIRED = Outcome.QUARANTINED, Outcome.FILTERED, Outcome.RETIRED
BAD = "missing:quantity"


@dataclass(frozen=True)
class Version:
    """A version of a row; `hash` stands for its content. `in_set` tells that its order's lines all come together."""

    version: int
    hash: str
    key: str = "k"
    is_deleted: bool = False
    is_filtered: bool = False
    reasons: str = ""
    in_set: bool = True

    def silver(self, table: Table, case: str) -> Row:
        return {
            table.primary_key[0]: f"{case}/{self.key}",
            **({"order_id": case} if table is ORDER_LINES else {}),
            "_version": self.version,
            "_row_hash": self.hash,
            "_is_deleted": self.is_deleted,
        }

    def delivered(self, table: Table, case: str, row_number: int) -> Row:
        return {
            **self.silver(table, case),
            "_object_id": case,
            "_row_number": row_number,
            "_is_filtered": self.is_filtered,
            "_reasons": self.reasons,
            "_parent": case if table is ORDER_LINES and self.in_set else None,
        }


@dataclass(frozen=True)
class Case:
    """What is known of a key, what is delivered at once, and what becomes of each delivered row."""

    delivered: Sequence[Version]
    outcomes: Sequence[Outcome]
    written: Sequence[Version]
    known: Sequence[Version] = ()


def classified(
    spark: SparkSession, table: Table, known: Iterable[Row], delivered: Iterable[Row], parent: str | None
) -> list[Row]:
    """The candidates and retired rows, in the order of delivery."""
    candidates = rows(spark, staged_table(table), *delivered).drop("_outcome", "_is_written")
    found: list[Row] = verbs.to_arrow(classify(candidates, rows(spark, table, *known), table, parent)).to_pylist()
    return sorted(found, key=lambda row: (row["_outcome"] == RETIRED.value, row["_row_number"]))


def outcomes_of(spark: SparkSession, table: Table, cases: Mapping[str, Case], parent: str | None) -> dict[str, Row]:
    """All cases at once, each with keys of its own: `rows` and `written` by the name of the case."""
    known = [version.silver(table, name) for name, case in cases.items() for version in case.known]
    delivered = [
        version.delivered(table, name, number)
        for name, case in cases.items()
        for number, version in enumerate(case.delivered)
    ]
    found: dict[str, list[Row]] = {name: [] for name in cases}
    for row in classified(spark, table, known, delivered, parent):
        found[row[table.primary_key[0]].split("/")[0]].append(row)
    return {
        name: {"rows": found[name], "written": [row for row in found[name] if row["_is_written"]]} for name in cases
    }


def assert_case(found: Row, case: Case, table: Table) -> None:
    assert [row["_outcome"] for row in found["rows"]] == [outcome.value for outcome in case.outcomes]
    assert [
        Version(row["_version"], row["_row_hash"], row[table.primary_key[0]].split("/")[1], row["_is_deleted"])
        for row in found["written"]
    ] == list(case.written)


# ── one key at a time ─────────────────────────────────────────────────────────────────────────────────────────────────

A1, A2, A3, B1, B2, C1 = (Version(int(name[1]), name[0]) for name in ("a1", "a2", "a3", "b1", "b2", "c1"))
GONE2 = Version(2, "gone", is_deleted=True)
BAD9 = Version(9, "z", reasons=BAD)

KEYS = {
    "new": Case([A1], [LOADED], [A1]),
    "same again": Case([A1], [UNCHANGED], [], known=[A1]),
    "newer": Case([B2], [LOADED], [B2], known=[A1]),
    "newer, content as before": Case([A2], [UNCHANGED], [A2], known=[A1]),
    "older": Case([B1], [STALE], [], known=[A2]),
    "older, content as now": Case([A1], [STALE], [], known=[A2]),
    "same version, smaller hash": Case([A1], [QUARANTINED], [], known=[B1]),
    "same version, greater hash": Case([B1], [LOADED], [B1], known=[A1]),
    "twice": Case([A1, A1], [LOADED, DUPLICATE], [A1]),
    "the third and the eleventh record": Case(
        [BAD9] * 2 + [A1] * 9, [QUARANTINED] * 2 + [LOADED] + [DUPLICATE] * 8, [A1]
    ),
    "twice what is known": Case([A1, A1], [UNCHANGED, DUPLICATE], [], known=[A1]),
    "twice what is stale": Case([A1, A1], [STALE, DUPLICATE], [], known=[B2]),
    "three versions": Case([A1, A3, B2], [STALE, LOADED, STALE], [A3]),
    "three versions, the middle one known": Case([A1, A3, B2], [STALE, LOADED, STALE], [A3], known=[B2]),
    "conflict": Case([A1, B1], [QUARANTINED, LOADED], [B1]),
    "conflict the other way round": Case([B1, A1], [LOADED, QUARANTINED], [B1]),
    "conflict with what is known": Case([A1, B1, C1], [QUARANTINED, QUARANTINED, LOADED], [C1], known=[B1]),
    "conflict that what is known wins": Case([A1, B1], [QUARANTINED, QUARANTINED], [], known=[C1]),
    "conflict of old versions": Case([A1, B1, A2], [STALE, STALE, LOADED], [A2]),
    "conflict older than what is known": Case([A1, B1], [STALE, STALE], [], known=[A2]),
    "bad and newest": Case([A1, BAD9], [LOADED, QUARANTINED], [A1]),
    "bad alone": Case([BAD9], [QUARANTINED], [], known=[A1]),
    "bad copy of a good row": Case([A1, replace(A1, reasons=BAD)], [LOADED, QUARANTINED], [A1]),
    "two bad versions": Case([BAD9, replace(BAD9, hash="y")], [QUARANTINED, QUARANTINED], [], known=[A1]),
    "not the entity's": Case([A1, replace(BAD9, reasons="", is_filtered=True)], [LOADED, FILTERED], [A1]),
    "not the entity's and bad": Case([replace(BAD9, is_filtered=True)], [FILTERED], []),
    "deleted": Case([GONE2], [LOADED], [GONE2], known=[A1]),
    "late after it was deleted": Case([A1], [STALE], [], known=[GONE2]),
    "deleted again": Case([replace(GONE2, version=3)], [UNCHANGED], [replace(GONE2, version=3)], known=[GONE2]),
    "revived": Case([A3], [LOADED], [A3], known=[GONE2]),
}


@pytest.fixture(scope="module")
def keys(spark: SparkSession) -> dict[str, Row]:
    return outcomes_of(spark, CUSTOMERS, KEYS, None)


@pytest.mark.parametrize("name", KEYS)
def test_outcome_of_a_version(keys: dict[str, Row], name: str) -> None:
    assert_case(keys[name], KEYS[name], CUSTOMERS)


@pytest.mark.parametrize("name", KEYS)
def test_only_set_aside_rows_have_a_reason(keys: dict[str, Row], name: str) -> None:
    for row, version in zip(keys[name]["rows"], KEYS[name].delivered, strict=True):
        is_conflict = row["_outcome"] == QUARANTINED.value and not version.reasons
        assert row["_reasons"] == (CONFLICT if is_conflict else version.reasons)


def test_null_is_never_a_key(spark: SparkSession) -> None:
    reason = "missing:customer_id"
    delivered = [replace(A1, reasons=reason).delivered(CUSTOMERS, "", number) for number in range(3)]
    nulls = [{**row, "customer_id": None} for row in delivered]
    found = classified(spark, CUSTOMERS, [A1.silver(CUSTOMERS, "")], nulls, None)
    assert [(row["_outcome"], row["_reasons"], row["_is_written"]) for row in found] == [
        ("quarantined", reason, False)
    ] * 3


def test_a_key_is_all_its_fields(spark: SparkSession) -> None:
    row = {"_version": 1, "_row_hash": "a", "_is_filtered": False, "_reasons": ""}
    pairs = [("EUR", "USD"), ("USD", "EUR"), ("EUR", "GBP"), ("EUR", "USD")]
    delivered = [
        {**row, "_row_number": n, "rate_date": "2024-01-01", "from_currency_code": one, "to_currency_code": other}
        for n, (one, other) in enumerate(pairs)
    ]
    known = {"from_currency_code": "EUR", "to_currency_code": "GBP", "_version": 2, "_row_hash": "b"}
    found = classified(spark, EXCHANGE_RATES, [known], delivered, None)
    assert [row["_outcome"] for row in found] == [LOADED, LOADED, STALE, DUPLICATE]


def test_a_record_that_two_mappings_take_the_same_row_from(spark: SparkSession) -> None:
    delivered = [{**A1.delivered(CUSTOMERS, "", 0), "_mapping": mapping} for mapping in (1, 0)]
    found = classified(spark, CUSTOMERS, [], delivered, None)
    outcomes = {row["_mapping"]: (row["_outcome"], row["_is_written"]) for row in found}
    assert outcomes == {0: (LOADED, True), 1: (DUPLICATE, False)}


# ── rows that are delivered all together ──────────────────────────────────────────────────────────────────────────────

P1, P2, P3, Q1, Q2, Q3 = (Version(int(name[1]), name[0], key=name[0]) for name in ("p1", "p2", "p3", "q1", "q2", "q3"))
Q2_RETIRED, Q3_RETIRED = (Version(version, RETIRED_HASH, key="q", is_deleted=True) for version in (2, 3))
Q2_GONE = Version(2, "gone", key="q", is_deleted=True)
Q2_BAD, Q2_FILTERED = replace(Q2, reasons=BAD), replace(Q2, is_filtered=True)

SETS = {
    "first set": Case([P1, Q1], [LOADED, LOADED], [P1, Q1]),
    "same set again": Case([P1, Q1], [UNCHANGED, UNCHANGED], [], known=[P1, Q1]),
    "newer set with a line less": Case([P2], [UNCHANGED, RETIRED], [P2, Q2_RETIRED], known=[P1, Q1]),
    "newer set with another line": Case([Q2], [LOADED, RETIRED], [Q2, replace(Q2_RETIRED, key="p")], known=[P1]),
    "older set arriving late": Case([P1, Q1], [STALE, STALE], [Q2_RETIRED], known=[P2]),
    "older set arriving late again": Case([P1, Q1], [STALE, STALE], [], known=[P2, Q2_RETIRED]),
    "older and newer set at once": Case([P1, Q1, P2], [STALE, STALE, LOADED], [Q2_RETIRED, P2]),
    "two older sets at once": Case([Q1, Q2, P3], [STALE, STALE, LOADED], [Q3_RETIRED, P3]),
    "copies in an older set": Case([Q1, Q1, P2], [STALE, DUPLICATE, LOADED], [Q2_RETIRED, P2]),
    "conflict in an older set": Case([Q1, replace(Q1, hash="r")], [STALE, STALE], [Q2_RETIRED], known=[P2]),
    "rest of a set in a later file": Case([Q2], [LOADED], [Q2], known=[P2, Q2_RETIRED]),
    "line that comes back": Case([P3, Q3], [UNCHANGED, LOADED], [P3, Q3], known=[P2, Q2_RETIRED]),
    "line that the set says is gone": Case([P2, Q2_GONE], [UNCHANGED, LOADED], [P2, Q2_GONE], known=[P1, Q1]),
    "retired line in the next set's absence": Case([P3], [UNCHANGED], [P3], known=[P2, Q2_RETIRED]),
    "bad line in the newest set": Case(
        [P2, Q2_BAD], [UNCHANGED, QUARANTINED, RETIRED], [P2, Q2_RETIRED], known=[P1, Q1]
    ),
    "older set after a bad line": Case([P1, Q1], [STALE, STALE], [Q2_RETIRED], known=[P2]),
    "set of bad lines only": Case([Q2_BAD], [QUARANTINED], [], known=[P1, Q1]),
    "set of filtered lines only": Case([Q2_FILTERED], [FILTERED], [], known=[P1, Q1]),
    "newer line, not a set": Case([replace(P2, in_set=False)], [UNCHANGED], [P2], known=[P1, Q1]),
}


@pytest.fixture(scope="module")
def sets(spark: SparkSession) -> dict[str, Row]:
    return outcomes_of(spark, ORDER_LINES, SETS, "order_id")


@pytest.mark.parametrize("name", SETS)
def test_outcome_of_a_set(sets: dict[str, Row], name: str) -> None:
    assert_case(sets[name], SETS[name], ORDER_LINES)


@pytest.mark.parametrize("name", SETS)
def test_stale_lines_have_no_reason(sets: dict[str, Row], name: str) -> None:
    assert all((row["_reasons"] != "") == (row["_outcome"] == QUARANTINED.value) for row in sets[name]["rows"])


# ── any order of deliveries ───────────────────────────────────────────────────────────────────────────────────────────

BATCHES = 3
HISTORIES = 400
Delivery = tuple[int, Version]
Silver = dict[str, Row]


def history(random: Random, in_set: bool) -> list[Delivery]:
    """Versions of few keys and contents, so that they meet often, each in some batch."""
    return [(random.randrange(BATCHES), version(random, in_set)) for _ in range(random.randint(2, 7))]


def version(random: Random, in_set: bool) -> Version:
    good = Version(random.randint(1, 3), random.choice("xy"), random.choice("kl"), in_set=in_set)
    changes: list[dict[str, Any]] = [
        {"hash": "gone", "is_deleted": True},
        {"reasons": BAD},
        {"is_filtered": True},
        {},
        {},
        {},
    ]
    return replace(good, **random.choice(changes))


def loaded(spark: SparkSession, table: Table, parent: str | None, batches: Iterable[list[Row]]) -> Silver:
    """The silver table after the batches one by one, merged as the guarded write merges."""
    silver: Silver = {}
    for batch in batches:
        known = [{name: row[name] for name in table.field_names if row[name] is not None} for row in silver.values()]
        found = classified(spark, table, known, batch, parent)
        # A delivered row has exactly one outcome; a retired one is not delivered.
        judged = [(row["_object_id"], row["_row_number"]) for row in found if row["_outcome"] != RETIRED.value]
        assert sorted(judged) == sorted((row["_object_id"], row["_row_number"]) for row in batch)
        written = [row for row in found if row["_is_written"]]
        assert len({row[table.primary_key[0]] for row in written}) == len(written)
        for row in written:
            old = silver.get(row[table.primary_key[0]])
            if old is None or (old["_version"], old["_row_hash"]) < (row["_version"], row["_row_hash"]):
                silver[row[table.primary_key[0]]] = row
    return silver


def states(silver: Silver) -> dict[str, dict[str, tuple[int, str] | None]]:
    """By history, version and content of each key; of a deleted one only that it is."""
    found: dict[str, dict[str, tuple[int, str] | None]] = defaultdict(dict)
    for key, row in silver.items():
        case, name = key.split("/")
        found[case][name] = None if row["_is_deleted"] else (row["_version"], row["_row_hash"])
    return found


@pytest.mark.parametrize(
    ("table", "parent"), [(CUSTOMERS, None), (ORDER_LINES, "order_id")], ids=["one by one", "in sets"]
)
def test_any_split_and_order_of_deliveries_ends_alike(spark: SparkSession, table: Table, parent: str | None) -> None:
    random = Random(20240229)
    histories = [history(random, parent is not None) for _ in range(HISTORIES)]
    batches: list[list[Row]] = [[] for _ in range(BATCHES)]
    for case, deliveries in enumerate(histories):
        for number, (batch, delivered) in enumerate(deliveries):
            batches[batch].append(delivered.delivered(table, str(case), number))
    at_once = states(loaded(spark, table, parent, [[row for batch in batches for row in batch]]))
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        split = states(loaded(spark, table, parent, [batches[number] for number in order]))
        differing = [deliveries for case, deliveries in enumerate(histories) if at_once[str(case)] != split[str(case)]]
        assert not differing, f"{len(differing)} histories end differently; the shortest: {min(differing, key=len)}"
