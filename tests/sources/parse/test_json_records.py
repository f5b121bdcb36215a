from __future__ import annotations

from typing import Any

import pytest

from lakehouse.sources.parse.json_records import Found, RecordColumns, WrongShape, find_records
from lakehouse.sources.parse.json_values import loads
from lakehouse.sources.parse.paths import parse_records_path
from lakehouse.sources.parse.reasons import Code
from tests.sources.parse.reading import json_plan


def find(text: str, path: str | None) -> list[tuple[Any, Code | None]]:
    found = find_records(loads(text.encode()), parse_records_path(path))
    return [(each.value.get("id") if isinstance(each.value, dict) else each.value, each.code) for each in found]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param('{"id": 1}', None, [("1", None)], id="the value itself"),
        pytest.param('{"order": {"id": 1}}', "order", [("1", None)], id="one inside"),
        pytest.param('{"o": [{"id": 1}, {"id": 2}]}', "o[]", [("1", None), ("2", None)], id="each of an array"),
        pytest.param(
            '{"o": [{"l": [{"id": 1}]}, {"l": [{"id": 2}]}]}', "o[].l[]", [("1", None), ("2", None)], id="two deep"
        ),
        pytest.param('{"o": [{}, {"l": null}, {"l": []}]}', "o[].l[]", [], id="absent, null and empty hold none"),
        pytest.param('{"o": null}', "o", [], id="null instead of an object"),
        pytest.param('{"o": ["x"]}', "o[]", [("x", Code.NOT_AN_OBJECT)], id="no object"),
        pytest.param('{"o": [null]}', "o[]", [(None, Code.NOT_AN_OBJECT)], id="null as an element"),
        pytest.param('{"o": [1]}', "o[].l[]", [("1", Code.NOT_AN_OBJECT)], id="no object on the way"),
        pytest.param('{"o": "x"}', "o[]", [("x", Code.NOT_AN_ARRAY)], id="no array"),
        pytest.param('{"o": {"id": 1}}', "o[]", [("1", Code.NOT_AN_ARRAY)], id="one object where an array should be"),
        pytest.param(
            '{"o": [{"id": 1}]}', "o", [([{"id": "1"}], Code.NOT_AN_OBJECT)], id="an array where one should be"
        ),
    ],
)
def test_find_records(text: str, path: str | None, expected: list[tuple[Any, Code | None]]) -> None:
    assert find(text, path) == expected


def test_a_record_knows_what_is_around_it_and_where_it_is() -> None:
    document = loads(b'{"x": {"o": [{"k": 1}, {"k": 2, "l": [{}, {}]}]}}')
    *_, last = find_records(document, parse_records_path("x.o[].l[]"))
    assert last.around == (document["x"]["o"][1], document["x"], document)
    assert last.where == ("x", "o", 1, "l", 1)


RECORD = loads(b'{"id": 7, "to": {"city": "Ulm", "geo": null}, "items": [{"id": 1.0}, {}], "tags": ["a"]}')
ORDER = loads(b'{"id": "O1", "shop": {"id": 9}}')
ROOT = loads(b'{"page": 3}')


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("id", "7"),
        ("to", '{"city":"Ulm","geo":null}'),
        ("to.city", "Ulm"),
        ("to.geo.latitude", None),
        ("to.street", None),
        ("items[0].id", "1.0"),
        ("items[1].id", None),
        ("items[2].id", None),
        ("items", '[{"id":1.0},{}]'),
        ("tags[0]", "a"),
        ("absent.deeper", None),
        ("^.id", "O1"),
        ("^.shop.id", "9"),
        ("^^.page", "3"),
    ],
)
def test_cell(path: str, cell: str | None) -> None:
    cut = RecordColumns(json_plan(f"c={path}", records="a.b"))
    assert cut.cells(Found(RECORD, (ORDER, ROOT), ()))[0] == [cell]


@pytest.mark.parametrize("path", ["id.x", "to[0]", "items.id", "tags[0].name", "^.id.x"])
def test_value_of_another_shape_is_not_taken_for_null(path: str) -> None:
    with pytest.raises(WrongShape):
        RecordColumns(json_plan(f"c={path}", records="a.b")).cells(Found(RECORD, (ORDER, ROOT), ()))


def test_undeclared_top_level_keys_are_kept_in_order() -> None:
    cut = RecordColumns(json_plan("c=to.city", "d=^.tags", records="a.b"))
    assert cut.cells(Found(RECORD, (ORDER, ROOT), ()))[1] == '{"id":7,"items":[{"id":1.0},{}],"tags":["a"]}'
    assert cut.undeclared == {"id", "items", "tags"}


def test_without_undeclared_keys_extra_is_null() -> None:
    assert RecordColumns(json_plan("id")).cells(Found({"id": "1"}, (), ())) == (["1"], None)
