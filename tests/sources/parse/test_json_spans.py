from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.sources.parse.json_spans import Spans, Where
from tests.sources.parse.test_json_values import JSON_VALUES

DOCUMENT = b' { "a" : [ 1.0 , { "b\\u0062" : [ ] } , "x, ]" ], "c,":{"d" : "\xc3\xa9" } }\n'


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ((), DOCUMENT.strip()),
        (("a",), b'[ 1.0 , { "b\\u0062" : [ ] } , "x, ]" ]'),
        (("a", 0), b"1.0"),
        (("a", 1), b'{ "b\\u0062" : [ ] }'),
        (("a", 1, "bb"), b"[ ]"),
        (("a", 2), b'"x, ]"'),
        (("c,", "d"), b'"\xc3\xa9"'),
    ],
)
def test_value_at(where: Where, value: bytes) -> None:
    assert Spans(DOCUMENT).value_at(where) == value


def places(value: Any, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    yield where, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from places(item, (*where, step))


@settings(deadline=None)
@given(JSON_VALUES, st.sampled_from([None, 1]))
def test_every_value_of_a_document_is_found(value: Any, indent: int | None) -> None:
    spans = Spans(json.dumps(value, indent=indent).encode())
    for where, expected in places(value):
        assert json.loads(spans.value_at(where)) == expected
