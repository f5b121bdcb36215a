from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.sources.parse.json_values import MAX_DEPTH, InvalidJson, cell_text, compact, loads
from lakehouse.sources.parse.reasons import Code


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("199.00", "199.00"),
        ("1e400", "1e400"),
        ("1E-7", "1E-7"),
        ("-0", "-0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("9" * 5_000, "9" * 5_000),
        ('"199.00"', "199.00"),
        ('"caf\\u00e9 \\ud83d\\ude00 \\n"', "café 😀 \n"),
        ('""', ""),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('{ "b": 1.50, "a": [ 1, "x", null, true, {} ] }', '{"b":1.50,"a":[1,"x",null,true,{}]}'),
        ('["é", "\\"", "1.0", 1.0]', '["é","\\"","1.0",1.0]'),
    ],
)
def test_cell_text_keeps_what_was_written(text: str, cell: str | None) -> None:
    assert cell_text(loads(text.encode())) == cell


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        pytest.param(b'{"a": 1', Code.INVALID_JSON, "line 1 column 8", id="cut"),
        pytest.param(b'{"a": 1}\n{"a": 2}', Code.INVALID_JSON, "line 2 column 1", id="two documents"),
        pytest.param(b"", Code.INVALID_JSON, "line 1 column 1", id="nothing"),
        pytest.param(b'{"a": 01}', Code.INVALID_JSON, "line 1 column 8", id="leading zero"),
        pytest.param(b'{"a": "x\ny"}', Code.INVALID_JSON, "line 1 column 9", id="line end in a string"),
        pytest.param(b"{'a': 1}", Code.INVALID_JSON, "line 1 column 2", id="wrong quotes"),
        pytest.param(b'{"a": NaN}', Code.NON_FINITE_NUMBER, "", id="NaN"),
        pytest.param(b'{"a": [-Infinity]}', Code.NON_FINITE_NUMBER, "", id="infinity"),
        pytest.param(b'{"a": 1, "a": 1}', Code.DUPLICATE_KEY, "", id="duplicate key"),
        pytest.param(b'[{"x": {"a": 1, "\\u0061": 2}}]', Code.DUPLICATE_KEY, "", id="duplicate key, escaped"),
        pytest.param(b'{"a": "\\ud800"}', Code.INVALID_UNICODE, "", id="half a surrogate pair"),
        pytest.param(b'{"\\uDC00": 1}', Code.INVALID_UNICODE, "", id="half a surrogate pair in a key"),
        pytest.param(b"[" * 101 + b"]" * 101, Code.TOO_DEEP, "", id="arrays too deep"),
        pytest.param(b'{"a":' * 101 + b"1" + b"}" * 101, Code.TOO_DEEP, "", id="objects too deep"),
        pytest.param(b"[" * 1_000_000, Code.TOO_DEEP, "", id="far too deep"),
    ],
)
def test_what_is_no_strict_json_is_refused(text: bytes, code: Code, place: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        loads(text)
    assert (caught.value.code, caught.value.place) == (code, place)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, id="as deep as allowed"),
        pytest.param(b"[" + b",".join([b"[{}]"] * 200) + b"]", id="wide is not deep"),
        pytest.param(json.dumps(["[{" * 200, '\\"[' * 200]).encode(), id="brackets in strings do not count"),
    ],
)
def test_depth_counts_open_brackets(text: bytes) -> None:
    assert isinstance(loads(text), list)


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON_VALUES)
def test_compact_is_the_same_value_without_spaces(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert compact(loads(json.dumps(value, indent=2).encode())) == text
