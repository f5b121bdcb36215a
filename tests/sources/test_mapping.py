"""Mapping whole files: small CSV in, candidate rows out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.errors import ConfigurationError
from lakehouse.runs.catalog import ENTITIES as ENTITIES_OF_RUNS
from lakehouse.sources.definition import EntityMapping, Source
from lakehouse.sources.mapping import map_rows
from lakehouse.table import Field, Layer, Table
from tests.sources.deliveries import INGESTED_AT, MODIFIED_AT, bronze, found
from tests.sources.entities import ENTITIES

Rows = list[dict[str, Any]]
Map = Callable[..., DataFrame]

THINGS = Table(
    layer=Layer.SILVER,
    name="things",
    grain="One row per thing.",
    fields=(
        Field("thing_id", "string", "Key."),
        Field("parent_id", "string", "Parent.", nullable=True),
        Field("kind", "string", "Kind.", values=("big", "small")),
        Field("label", "string", "Label.", nullable=True),
        Field("amount", "decimal(18,2)", "Amount.", nullable=True),
        Field("fee_amount", "decimal(18,2)", "Fee.", default="0"),
        Field("position", "int", "Position.", nullable=True),
        Field("is_new", "boolean", "New.", default="true"),
        Field("channel", "string", "Channel.", default="'web'"),
        Field("made_at", "timestamp", "Made.", nullable=True),
        Field("made_date", "date", "Day.", nullable=True),
        Field("_source", "string", "Source."),
    ),
    primary_key=("thing_id",),
)

COLUMNS = ("id", "parent", "kind", "label", "amount", "fee", "position", "made")
FIELDS = {"thing_id": "id", "kind": "kind"}
FIRST_KIND = {"thing_id": "id", "kind": "first(kind)"}


def source_with(mapping: dict[str, Any], **rest: Any) -> Source:
    return Source.model_validate(
        {
            "source": "shop",
            "objects": {"rows": {"files": "*.csv", "columns": COLUMNS, "optional": COLUMNS[1:]}},
            "entities": {"things": {"from": "rows", "fields": FIELDS, **mapping}},
            **rest,
        }
    )


@pytest.fixture
def mapped(spark: SparkSession, tmp_path: Path) -> Map:
    """Maps files (one text each) by a mapping of `things`."""

    def run(*files: str, rest: dict[str, Any] | None = None, **mapping: Any) -> DataFrame:
        source = source_with(mapping, **(rest or {}))
        for number, text in enumerate(files):
            (tmp_path / f"rows_{number}.csv").write_text(text, encoding="utf-8")
        delivered = bronze(spark, source, "rows", found(source, "rows", tmp_path))
        return map_rows(delivered, source, source.mappings("things")[0], THINGS).orderBy("_object_id", "_row_number")

    return run


def rows(frame: DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in frame.select(*names).collect()]


def test_columns_and_types_are_the_declared_ones(mapped: Map) -> None:
    fields = mapped("id,kind\n1,big\n").schema.fields
    assert [(field.name, field.dataType.simpleString()) for field in fields] == [
        *((field.name, field.type) for field in THINGS.fields if field.name != "_source"),
        ("_source", "string"),
        ("_object_id", "string"),
        ("_row_number", "bigint"),
        ("_version", "bigint"),
        ("_row_hash", "string"),
        ("_is_deleted", "boolean"),
        ("_run_id", "string"),
        ("_row_count", "bigint"),
        ("_is_filtered", "boolean"),
        ("_reasons", "string"),
    ]


def test_grouped_rows_have_the_same_columns(mapped: Map) -> None:
    text = "id,kind\n1,big\n"
    grouped = mapped(text, group=True, fields={"thing_id": "id", "kind": "first(kind)"})
    assert grouped.schema.simpleString() == mapped(text).schema.simpleString()


def test_a_row_in_full(mapped: Map) -> None:
    fields = {
        **FIELDS,
        "parent_id": "parent",
        "label": "label",
        "amount": "decimal(amount)",
        "position": "integer(position)",
        "made_at": "timestamp(made)",
        "made_date": "date(made, 'yyyy-MM-dd HH:mm')",
    }
    text = "id,parent,kind,label,amount,position,made\n 7 ,  ,big, a b ,1.5,3,2026-01-01 12:00\n"
    (row,) = (
        mapped(text, fields=fields, rest={"timezone": "Asia/Tokyo"})
        .withColumn("made_at", F.col("made_at").cast("string"))
        .drop("_object_id", "_row_hash")
        .collect()
    )
    assert {name: str(value) for name, value in row.asDict().items()} == {
        "thing_id": "shop:7",
        "parent_id": "None",
        "kind": "big",
        "label": "a b",
        "amount": "1.50",
        "fee_amount": "0.00",
        "position": "3",
        "is_new": "True",
        "channel": "web",
        "made_at": "2026-01-01 03:00:00",
        "made_date": "2026-01-01",
        "_source": "shop",
        "_row_number": "1",
        "_version": str(int(MODIFIED_AT.timestamp() * 1_000_000)),
        "_is_deleted": "False",
        "_run_id": "run-1",
        "_row_count": "1",
        "_is_filtered": "False",
        "_reasons": "",
    }


@pytest.mark.parametrize(
    ("cells", "reasons"),
    [
        ("1,,big,,,,,", ""),
        (",,big,,,,,", "missing:thing_id"),
        ("   ,,big,,,,,", "missing:thing_id"),
        ("NULL,,big,,,,,", "missing:thing_id"),
        ("1,,,,,,,", "missing:kind"),
        ("1,,huge,,,,,", "unknown_value:kind"),
        ("1,,big,,1.005,,,", "inexact_decimal:amount"),
        ("1,,big,,1.500,,,", ""),
        ("1,,big,,99999999999999999.00,,,", "out_of_range:amount"),
        ("1,,big,,9999999999999999.99,,,", ""),
        ("1,,big,,abc,,,", "invalid_decimal:amount"),
        ("1,,big,,,x,,", "invalid_decimal:fee_amount"),
        ("1,,big,,,,2147483648,", "out_of_range:position"),
        ("1,,big,,,,-2147483648,", ""),
        ("1,,big,,,,1.0,", "invalid_integer:position"),
        ("1,,big,,,,,yesterday", "invalid_timestamp:made_at;invalid_date:made_date"),
        (
            ",,huge,,abc,x,1.0,",
            "missing:thing_id;unknown_value:kind;invalid_decimal:amount;invalid_decimal:fee_amount;invalid_integer:position",
        ),
    ],
)
def test_reasons(mapped: Map, cells: str, reasons: str) -> None:
    fields = {
        **FIELDS,
        "amount": "decimal(amount)",
        "fee_amount": "decimal(fee)",
        "position": "integer(position)",
        "made_at": "timestamp(made, 'yyyy-MM-dd')",
        "made_date": "date(made)",
    }
    frame = mapped(f"{','.join(COLUMNS)}\n{cells}\n", fields=fields)
    assert rows(frame, "_reasons") == [(reasons,)]


def test_reasons_never_hold_content(mapped: Map) -> None:
    frame = mapped("id,kind,amount\nsecret-1,secret-2,secret-3\n", fields={**FIELDS, "amount": "decimal(amount)"})
    assert "secret" not in rows(frame, "_reasons")[0][0]


def test_default_stands_for_a_blank(mapped: Map) -> None:
    frame = mapped(
        "id,kind,fee\n1,big,\n2,big,3\n", fields={**FIELDS, "fee_amount": "decimal(fee)", "channel": "label"}
    )
    assert [(str(fee), channel) for fee, channel in rows(frame, "fee_amount", "channel")] == [
        ("0.00", "web"),
        ("3.00", "web"),
    ]


def test_unreadable_records_are_no_candidates(mapped: Map) -> None:
    frame = mapped("id,kind\n1,big\n2,big,too,many\n3,small\n")
    assert rows(frame, "thing_id", "_row_number") == [("shop:1", 1), ("shop:3", 3)]


def test_where_filters_and_a_filtered_row_has_no_reasons(mapped: Map) -> None:
    frame = mapped("id,kind,amount\n1,big,5\n2,huge,-5\n3,huge,\n4,big,x\n", where="decimal(amount) > 0")
    assert rows(frame, "_row_number", "_is_filtered", "_reasons") == [
        (1, False, ""),
        (2, True, ""),
        (3, True, ""),
        (4, False, "invalid_decimal:where"),
    ]


def test_deleted_row_needs_its_key_only(mapped: Map) -> None:
    frame = mapped("id,kind,label\n1,,gone\n,,gone\n2,,\n", deleted_when="label = 'gone'")
    assert rows(frame, "thing_id", "_is_deleted", "_reasons") == [
        ("shop:1", True, ""),
        (None, True, "missing:thing_id"),
        ("shop:2", False, "missing:kind"),
    ]
    assert frame.where("thing_id = 'shop:1' and kind is null").count() == 0


def test_gone_is_other_content_than_there(mapped: Map) -> None:
    frame = mapped("id,kind,label\n1,big,x\n1,big,x\n", deleted_when="row_number() = 2")
    hashes = [row[0] for row in rows(frame, "_row_hash")]
    assert len(set(hashes)) == 2


def test_what_can_not_be_read_is_not_known_to_be_deleted(mapped: Map) -> None:
    frame = mapped("id,kind,label\n1,big,yes\n2,big,perhaps\n", deleted_when="boolean(label, 'yes', 'no')")
    assert rows(frame, "thing_id", "_is_deleted", "_reasons") == [
        ("shop:1", True, ""),
        ("shop:2", False, "invalid_boolean:deleted_when"),
    ]


@pytest.mark.parametrize(
    ("version", "cell", "expected", "reasons"),
    [
        ("integer(position)", "5", 5, ""),
        ("timestamp(position)", "1970-01-01T00:00:01Z", 1_000_000, ""),
        ("integer(position)", "", None, "missing:version"),
        ("integer(position)", "x", None, "invalid_integer:version"),
        (None, "", int(MODIFIED_AT.timestamp() * 1_000_000), ""),
    ],
)
def test_version(mapped: Map, version: str | None, cell: str, expected: int | None, reasons: str) -> None:
    frame = mapped(f"id,kind,position\n1,big,{cell}\n", version=version)
    assert rows(frame, "_version", "_reasons") == [(expected, reasons)]


def test_version_without_a_modification_time_is_when_the_file_was_read(spark: SparkSession, tmp_path: Path) -> None:
    source = source_with({})
    (tmp_path / "a.csv").write_text("id,kind\n1,big\n")
    delivered = bronze(spark, source, "rows", [tmp_path / "a.csv"]).drop("_modified_at")
    frame = map_rows(delivered, source, source.mappings("things")[0], THINGS)
    assert rows(frame, "_version") == [(int(INGESTED_AT.timestamp() * 1_000_000),)]


def test_row_hash_is_of_the_content_alone(mapped: Map) -> None:
    fields = {**FIELDS, "label": "label"}
    files = ("id,kind,label\n1,big,a\n1,big,b\n", "kind,label,id\nbig,c,9\nbig,a ,1\n")
    frame = mapped(*files, fields=fields, version="1")
    hashes = [row[0] for row in frame.orderBy("label", "_row_number").select("_row_hash").collect()]
    assert hashes[0] == hashes[1] != hashes[2]


def test_identifiers_of_other_sources(mapped: Map) -> None:
    fields = {**FIELDS, "parent_id": "coalesce(ref('crm', nullif(parent, '-')), label)"}
    frame = mapped("id,kind,parent,label\n1,big,5,9\n2,big,-,9\n3,big,,\n", fields=fields)
    assert rows(frame, "parent_id") == [("crm:5",), ("shop:9",), (None,)]


def test_position_within_the_file(mapped: Map) -> None:
    fields = {"thing_id": "id || '-' || sequence_within(id)", "kind": "kind", "position": "sequence_within(id, kind)"}
    frame = mapped("id,kind\na,big\nb,big\na,big\na,small\n", "id,kind\na,big\n", fields=fields)
    assert sorted(rows(frame, "_row_number", "thing_id", "position")) == [
        (1, "shop:a-1", 1),
        (1, "shop:a-1", 1),
        (2, "shop:b-1", 1),
        (3, "shop:a-2", 2),
        (4, "shop:a-3", 1),
    ]


def test_position_counts_rows_that_where_filters_too(mapped: Map) -> None:
    frame = mapped(
        "id,kind\na,test\na,big\n", where="kind <> 'test'", fields={**FIELDS, "position": "sequence_within(id)"}
    )
    assert rows(frame.where("not _is_filtered"), "position") == [(2,)]


# ── groups ────────────────────────────────────────────────────────────────────────────────────────────────────────────

GROUPED = {
    "group": True,
    "fields": {
        "thing_id": "id",
        "kind": "'big'",
        "label": "first(label)",
        "parent_id": "last(parent)",
        "amount": "sum(decimal(amount))",
        "position": "count(label)",
        "made_at": "min(timestamp(made, 'yyyy-MM-dd'))",
        "made_date": "max(date(made))",
    },
}


def test_rows_of_a_file_and_key_become_one(mapped: Map) -> None:
    header = "id,label,parent,amount,made\n"
    text = f"{header}a,,p,1.10,2026-01-02\na,x,,2.20,2026-01-01\nb,y,q,,2026-01-05\na,z,,3.30,2026-01-03\n"
    frame = mapped(text, f"{header}a,w,r,1,2026-02-01\n", **GROUPED)
    names = (
        "thing_id",
        "label",
        "parent_id",
        "amount",
        "position",
        "made_at",
        "made_date",
        "_row_number",
        "_row_count",
    )
    found_rows = sorted(tuple(map(str, row)) for row in rows(frame, *names))
    assert found_rows == [
        ("shop:a", "w", "shop:r", "1.00", "1", "2026-02-01 00:00:00", "2026-02-01", "1", "1"),
        ("shop:a", "x", "shop:p", "6.60", "2", "2026-01-01 00:00:00", "2026-01-03", "1", "3"),
        ("shop:b", "y", "shop:q", "None", "1", "2026-01-05 00:00:00", "2026-01-05", "3", "1"),
    ]
    assert {row[0] for row in rows(frame, "_reasons")} == {""}


def test_rows_that_can_not_be_typed_stay_out_of_their_group(mapped: Map) -> None:
    text = "id,label,amount,made\na,x,1,2026-01-01\na,x,abc,never\n,x,1,2026-01-01\nb,x,,2026-01-01\nb,test,oops,\n"
    frame = mapped(text, where="label <> 'test'", **GROUPED)
    account = rows(
        frame.orderBy("_row_number"), "thing_id", "amount", "_row_number", "_row_count", "_is_filtered", "_reasons"
    )
    assert [tuple(map(str, row)) for row in account] == [
        ("shop:a", "1.00", "1", "1", "False", ""),
        ("None", "None", "2", "1", "False", "invalid_decimal:amount;invalid_timestamp:made_at;invalid_date:made_date"),
        ("None", "None", "3", "1", "False", "missing:thing_id"),
        ("shop:b", "None", "4", "1", "False", ""),
        ("None", "None", "5", "1", "True", ""),
    ]


def test_group_that_can_not_be_typed_has_reasons(mapped: Map) -> None:
    fields = {"thing_id": "id", "kind": "first(kind)", "amount": "sum(decimal(amount))"}
    text = "id,kind,amount\na,huge,9999999999999999\na,big,9999999999999999\nb,,1\n"
    frame = mapped(text, group=True, fields=fields).orderBy("thing_id")
    assert rows(frame, "thing_id", "_row_count", "_reasons") == [
        ("shop:a", 2, "unknown_value:kind;out_of_range:amount"),
        ("shop:b", 1, "missing:kind"),
    ]


def test_sum_that_no_number_holds_is_no_null(mapped: Map) -> None:
    fields = {"thing_id": "id", "kind": "first(kind)", "amount": "sum(decimal(amount)) - sum(decimal(amount))"}
    text = f"id,kind,amount\na,big,{'9' * 18}\na,big,{'9' * 18}\nb,big,1\n"
    frame = mapped(text, group=True, fields=fields).orderBy("thing_id")
    assert rows(frame, "thing_id", "_row_count", "_reasons") == [
        ("shop:a", 2, "out_of_range:amount"),
        ("shop:b", 1, ""),
    ]


def test_record_whose_where_can_not_be_read_is_not_filtered_from_a_group(mapped: Map) -> None:
    fields = {"thing_id": "id", "kind": "first(kind)"}
    text = "id,kind,amount\na,big,1\na,big,x\na,big,-1\n"
    frame = mapped(text, group=True, fields=fields, where="decimal(amount) > 0").orderBy("_row_number")
    assert rows(frame, "_row_number", "_is_filtered", "_reasons") == [
        (1, False, ""),
        (2, False, "invalid_decimal:where"),
        (3, True, ""),
    ]


def test_version_of_a_group(mapped: Map) -> None:
    fields = {"thing_id": "id", "kind": "first(kind)"}
    text = "id,kind,position\na,big,5\na,big,7\nb,big,\nc,big,x\n"
    frame = mapped(text, group=True, fields=fields, version="max(integer(position))").orderBy("_row_number")
    assert rows(frame, "thing_id", "_version", "_reasons") == [
        ("shop:a", 7, ""),
        ("shop:b", None, "missing:version"),
        (None, None, "invalid_integer:version"),
    ]


@pytest.mark.parametrize("group", [False, True], ids=["one to one", "grouped"])
def test_every_readable_record_is_accounted_for(mapped: Map, group: bool) -> None:
    text = "id,kind,amount\n" + "".join(
        f"{number % 7 or ''},{('big', 'huge', '')[number % 3]},{('1', 'x', '')[number % 5 % 3]}\n"
        for number in range(60)
    )
    kind, amount = ("first(kind)", "sum(decimal(amount))") if group else ("kind", "decimal(amount)")
    frame = mapped(text, where="kind <> ''", group=group, fields={"thing_id": "id", "kind": kind, "amount": amount})
    assert frame.agg(F.sum("_row_count")).collect()[0][0] == 60


def test_mapping_that_does_not_fit_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    source = source_with({"fields": {"thing_id": "id", "kind": "knd"}})
    (tmp_path / "a.csv").write_text("id,kind\n1,big\n")
    with pytest.raises(ConfigurationError, match=r"source shop, things: unknown column 'knd' \(did you mean 'kind'"):
        map_rows(bronze(spark, source, "rows", [tmp_path / "a.csv"]), source, source.mappings("things")[0], THINGS)


@pytest.mark.parametrize("entity", ENTITIES)
def test_neutral_values_fit_every_entity(spark: SparkSession, tmp_path: Path, entity: str) -> None:
    """A row that says only that its key is gone has a value in every field that can not be null."""
    table = ENTITIES[entity]
    expressions = {"string": "key", "date": "date(key)", "timestamp": "timestamp(key)"}
    fields = {name: expressions[table.field(name).type] for name in table.primary_key}
    others = [
        field for field in table.fields if not field.nullable and field.default is None and field.name not in fields
    ]
    text_of = {
        "string": "nothing",
        "timestamp": "timestamp(nothing)",
        "int": "integer(nothing)",
        "boolean": "boolean(nothing)",
    }
    fields |= {
        field.name: text_of.get(field.type, "decimal(nothing)") for field in others if not field.name.startswith("_")
    }
    source = Source.model_validate(
        {
            "source": "shop",
            "objects": {"rows": {"files": "*.csv", "columns": ("key", "nothing")}},
            "entities": {
                entity: EntityMapping.model_validate({"from": "rows", "fields": fields, "deleted_when": "true"})
            },
        }
    )
    (tmp_path / "a.csv").write_text("key,nothing\n2026-01-01,\n")
    frame = map_rows(bronze(spark, source, "rows", [tmp_path / "a.csv"]), source, source.mappings(entity)[0], table)
    (row,) = ENTITIES_OF_RUNS[entity].conform(frame).collect()
    assert row["_reasons"] == ""
    assert [field.name for field in table.fields if not field.nullable and row[field.name] is None] == []


def test_arithmetic_in_a_group_is_not_written_out_for_each_of_its_uses(mapped: Map) -> None:
    amount = "sum(round(decimal(amount) * decimal(fee), 2) - decimal(position))"
    text = "id,kind,amount,fee,position\n1,big,2.5,1.00,3\n1,big,2,0.333,0\n2,big,many,1.00,1\n"
    started = monotonic()
    found = rows(mapped(text, group=True, fields={**FIRST_KIND, "amount": amount}), "thing_id", "amount", "_reasons")
    assert found == [("shop:1", Decimal("0.17"), ""), (None, None, "invalid_decimal:amount")]
    assert monotonic() - started < 10, "each step of the arithmetic takes several times as long as the one before"
