from __future__ import annotations

import gzip
import hashlib
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from lakehouse.sources.parse import object_reader
from lakehouse.sources.parse.object_reader import OBJECT_SCHEMA, ObjectReader, bronze_schema, object_id
from lakehouse.sources.parse.parse import parse
from lakehouse.sources.parse.plan import RESERVED_COLUMNS, ParsePlan
from tests.sources.parse.reading import csv_plan

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
MODIFIED = datetime(2024, 5, 6, 1, 2, 3, tzinfo=UTC)
PLAN = csv_plan("a", "b")
OBJECTS = {
    "s3://landing/1.csv": b"a,b\n1,2\n3\n",
    "s3://landing/2.csv.gz": gzip.compress(b"a,b\n4,5\n", mtime=0),
    "s3://landing/3.csv": b"x,y\n1,2\n",
    "s3://landing/4.csv": b"a,b\n",
}


def from_memory(uri: str) -> bytes:
    return OBJECTS[uri]


def listed(sizes: dict[str, int]) -> Iterator[pa.RecordBatch]:
    for uri, size in sizes.items():
        yield pa.RecordBatch.from_pylist([{"uri": uri, "size": size, "modified_at": MODIFIED}], schema=OBJECT_SCHEMA)


def read(sizes: dict[str, int], read_bytes: Any = from_memory, plan: ParsePlan = PLAN) -> list[dict[str, Any]]:
    reader = ObjectReader(plan, read_bytes, "run-1", NOW)
    batches = list(reader(listed(sizes)))
    assert all(batch.schema == bronze_schema(plan) for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()]


def sizes(*uris: str) -> dict[str, int]:
    return {uri: len(OBJECTS[uri]) for uri in uris or OBJECTS}


def reasons(rows: list[dict[str, Any]]) -> list[str | None]:
    return [row["_reject_reason"] for row in rows]


def account(uri: str, records: int, rejected: int) -> str:
    content = OBJECTS[uri]
    return f"object:{hashlib.sha256(content).hexdigest()}:{len(content)}:{records}:{rejected}"


def test_every_object_gives_its_rows_and_then_its_account() -> None:
    assert reasons(read(sizes())) == [
        None,
        "row:too_few_fields",
        account("s3://landing/1.csv", 2, 1),
        None,
        account("s3://landing/2.csv.gz", 1, 0),
        "file:wrong_header",
        account("s3://landing/3.csv", 0, 0),
        account("s3://landing/4.csv", 0, 0),
    ]


def test_every_row_knows_its_origin() -> None:
    uri = "s3://landing/1.csv"
    digest = hashlib.sha256(OBJECTS[uri]).hexdigest()
    identity = hashlib.sha256(f"{uri}\n{digest}".encode()).hexdigest()
    assert object_id(uri, digest) == identity
    for row in read(sizes(uri)):
        assert row["_source_file"] == uri
        assert row["_object_id"] == identity
        assert row["_modified_at"] == MODIFIED
        assert row["_ingested_at"] == NOW
        assert row["_run_id"] == "run-1"


def test_no_column_of_a_source_can_be_named_as_one_of_bronze_s_own() -> None:
    assert tuple(bronze_schema(ParsePlan((), PLAN.format)).names) == RESERVED_COLUMNS


def test_account_has_neither_row_number_nor_cells() -> None:
    (row,) = read(sizes("s3://landing/4.csv"))
    assert [row[name] for name in ("a", "b", "_extra", "_row_number", "_raw")] == [None] * 5


def test_same_content_elsewhere_and_other_content_here_are_other_objects() -> None:
    assert len({object_id("x", "1"), object_id("y", "1"), object_id("x", "2")}) == 3


@pytest.mark.parametrize("difference", [-1, 1])
def test_object_that_grows_is_not_taken(difference: int) -> None:
    uri = "s3://landing/1.csv"
    (row,) = read({uri: len(OBJECTS[uri]) + difference})
    assert (row["_reject_reason"], row["_object_id"]) == ("file:changed_while_reading", None)
    assert row["_source_file"] == uri


def test_unreadable_object_costs_no_other() -> None:
    rows = read({"s3://landing/gone.csv": 9} | sizes("s3://landing/2.csv.gz"))
    assert reasons(rows) == ["file:unreadable:KeyError", None, account("s3://landing/2.csv.gz", 1, 0)]
    assert rows[0]["_object_id"] is None


def test_defect_of_the_parser_costs_no_other_object(monkeypatch: pytest.MonkeyPatch) -> None:

    def failing(uri: str, content: bytes, plan: ParsePlan) -> Iterator[pa.RecordBatch]:
        yield from parse(uri, content, plan)
        if uri == "s3://landing/1.csv":
            raise ZeroDivisionError

    monkeypatch.setattr(object_reader, "parse", failing)
    assert reasons(read(sizes("s3://landing/1.csv", "s3://landing/2.csv.gz"))) == [
        "file:parser_error:ZeroDivisionError",
        account("s3://landing/1.csv", 0, 0),
        None,
        account("s3://landing/2.csv.gz", 1, 0),
    ]


def test_object_beyond_the_size_budget_is_not_even_read() -> None:
    plan = ParsePlan(PLAN.columns, PLAN.format, max_bytes=100)

    def refusing(uri: str) -> bytes:
        raise AssertionError(uri)

    (row,) = read({"s3://landing/huge.csv": 101}, refusing, plan)
    assert row["_reject_reason"] == "file:too_large:more than 100 bytes"


def test_several_objects_in_one_batch() -> None:
    listing = pa.Table.from_batches(listed(sizes())).combine_chunks().to_batches()
    rows = [row for batch in ObjectReader(PLAN, from_memory, "r", NOW)(listing) for row in batch.to_pylist()]
    assert len(rows) == 8


def test_reader_travels_to_executors() -> None:
    reader = pickle.loads(pickle.dumps(ObjectReader(PLAN, from_memory, "run-1", NOW)))
    assert len(list(reader(listed(sizes("s3://landing/4.csv"))))) == 1
