from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from lakehouse.sources.parse.arrow_text import UnsupportedType, text_of

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        pytest.param(pa.string(), ["a", "", None], ["a", "", None], id="string"),
        pytest.param(pa.large_string(), ["é"], ["é"], id="large string"),
        pytest.param(pa.bool_(), [True, False, None], ["true", "false", None], id="boolean"),
        pytest.param(pa.null(), [None], [None], id="null"),
        pytest.param(pa.int64(), [2**63 - 1, -(2**63)], ["9223372036854775807", "-9223372036854775808"], id="bigint"),
        pytest.param(pa.uint64(), [2**64 - 1], ["18446744073709551615"], id="unsigned"),
        pytest.param(pa.float64(), [0.1, -2.5, 1e-7, 1e22], ["0.1", "-2.5", "0.0000001", "1" + "0" * 22], id="double"),
        pytest.param(pa.float64(), [float("nan"), float("-inf"), None], ["nan", "-inf", None], id="not finite"),
        pytest.param(pa.float32(), [0.1], ["0.1"], id="float"),
        pytest.param(pa.float16(), [1.5], ["1.5"], id="half float"),
        pytest.param(pa.decimal128(38, 10), [Decimal("1.5"), None], ["1.5000000000", None], id="decimal"),
        pytest.param(pa.decimal128(38, 10), [Decimal("1E-10")], ["0.0000000001"], id="tiny"),
        pytest.param(pa.decimal128(38, 10), [Decimal(0)], ["0.0000000000"], id="zero"),
        pytest.param(pa.decimal256(50, 2), [Decimal("-12.30")], ["-12.30"], id="wide decimal"),
        pytest.param(pa.decimal128(5, -2), [Decimal(100)], ["100"], id="negative scale"),
        pytest.param(pa.date32(), [date(1, 1, 1), date(9999, 12, 31)], ["0001-01-01", "9999-12-31"], id="date"),
        pytest.param(pa.date64(), [date(2024, 2, 29)], ["2024-02-29"], id="date in milliseconds"),
        pytest.param(pa.time64("us"), [time(1, 2, 3, 4)], ["01:02:03.000004"], id="time"),
        pytest.param(pa.timestamp("us", "UTC"), [MOMENT], ["2024-01-02T03:04:05.678000Z"], id="timestamp"),
        pytest.param(pa.timestamp("ms", "America/New_York"), [MOMENT], ["2024-01-02T03:04:05.678Z"], id="other zone"),
        pytest.param(pa.timestamp("s"), [datetime(2024, 1, 2)], ["2024-01-02T00:00:00"], id="without zone"),  # noqa: DTZ001
        pytest.param(pa.timestamp("ns"), pa.array([1]), ["1970-01-01T00:00:00.000000001"], id="nanoseconds"),
        pytest.param(pa.binary(), [b"\x00\xff", b"", None], ["00ff", "", None], id="binary"),
        pytest.param(pa.binary(2), [b"ab"], ["6162"], id="fixed binary"),
        pytest.param(pa.dictionary(pa.int8(), pa.string()), ["x", None, "x"], ["x", None, "x"], id="dictionary"),
        pytest.param(pa.list_(pa.int8()), [[1, None], [], None], ["[1,null]", "[]", None], id="list"),
        pytest.param(pa.list_(pa.string(), 2), [["a", '"']], ['["a","\\""]'], id="fixed list"),
        pytest.param(pa.large_list(pa.bool_()), [[True]], ["[true]"], id="large list"),
        pytest.param(pa.struct([("a", pa.int8())]), [{"a": None}, None], ['{"a":null}', None], id="struct"),
        pytest.param(pa.struct([]), [{}], ["{}"], id="empty struct"),
        pytest.param(pa.map_(pa.string(), pa.int8()), [[("k", 1)], [], None], ['{"k":1}', "{}", None], id="map"),
        pytest.param(pa.map_(pa.int8(), pa.string()), [[(1, "x")]], ['[[1,"x"]]'], id="map without string keys"),
        pytest.param(pa.map_(pa.string(), pa.int8()), [[("k", 1), ("k", 2)]], ['[["k",1],["k",2]]'], id="key twice"),
        pytest.param(pa.list_(pa.decimal128(9, 2)), [[Decimal("1.50")]], ["[1.50]"], id="literals in lists"),
        pytest.param(pa.list_(pa.float64()), [[float("inf"), 1e-7]], ['["inf",0.0000001]'], id="not finite in lists"),
        pytest.param(pa.list_(pa.date32()), [[date(2024, 1, 2)]], ['["2024-01-02"]'], id="dates in lists"),
    ],
)
def test_text_is_exact(kind: pa.DataType, values: Any, texts: list[str | None]) -> None:
    column = values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)
    result = text_of(column)
    assert result.type == pa.string()
    assert result.to_pylist() == texts


def test_lists_of_structs_of_lists_keep_their_rows() -> None:
    kind = pa.list_(pa.struct([("q", pa.list_(pa.int8())), ("s", pa.dictionary(pa.int8(), pa.string()))]))
    values = [[{"q": [1, 2], "s": "a"}, None], None, [{"q": None, "s": None}], [], [{"q": [], "s": "b"}]]
    texts = ['[{"q":[1,2],"s":"a"},null]', None, '[{"q":null,"s":null}]', "[]", '[{"q":[],"s":"b"}]']
    column = pa.array(values, kind)
    assert text_of(column).to_pylist() == texts
    assert text_of(column.slice(2)).to_pylist() == texts[2:]
    assert text_of(column.slice(0, 2)).to_pylist() == texts[:2]


@pytest.mark.parametrize("kind", [pa.duration("s"), pa.list_(pa.duration("s"))])
def test_type_without_exact_text_is_refused(kind: pa.DataType) -> None:
    with pytest.raises(UnsupportedType, match=r"duration\[s\]"):
        text_of(pa.array([None], kind))
