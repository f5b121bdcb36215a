from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from lakehouse.sources.formats import (
    ENCODINGS,
    CsvFormat,
    FileFormat,
    JsonFormat,
    JsonLinesFormat,
    ParquetFormat,
    canonical_encoding,
)

ADAPTER: TypeAdapter[Any] = TypeAdapter(FileFormat)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param({"type": "csv"}, CsvFormat(), id="csv"),
        pytest.param(
            {"type": "csv", "delimiter": ";", "quote": ""}, CsvFormat(delimiter=";", quote=""), id="csv dialect"
        ),
        pytest.param({"type": "jsonl"}, JsonLinesFormat(), id="json lines"),
        pytest.param({"type": "json", "compression": "gzip"}, JsonFormat(compression="gzip"), id="json"),
        pytest.param({"type": "parquet"}, ParquetFormat(), id="parquet"),
    ],
)
def test_type_selects_the_format(written: dict[str, Any], expected: object) -> None:
    assert ADAPTER.validate_python(written) == expected


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        pytest.param({"type": "excel"}, "tag 'excel'", id="unknown type"),
        pytest.param({"type": "csv", "seperator": ";"}, "Extra inputs", id="unknown key"),
        pytest.param({"type": "parquet", "delimiter": ";"}, "Extra inputs", id="key of another format"),
        pytest.param({"type": "csv", "delimiter": "||"}, "one ASCII character", id="two characters"),
        pytest.param({"type": "csv", "delimiter": ""}, "one ASCII character", id="no delimiter"),
        pytest.param({"type": "csv", "delimiter": "¦"}, "one ASCII character", id="delimiter beyond ASCII"),
        pytest.param({"type": "csv", "delimiter": "\n"}, "line end", id="line end as delimiter"),
        pytest.param({"type": "csv", "quote": "\r"}, "line end", id="line end as quote"),
        pytest.param({"type": "csv", "quote": ","}, "quote and delimiter", id="quote is the delimiter"),
        pytest.param({"type": "csv", "encoding": "utf8-mb4"}, "did you mean 'utf-8'", id="encoding misspelt"),
        pytest.param({"type": "csv", "encoding": "utf-7"}, "unknown encoding", id="encoding with shift states"),
        pytest.param({"type": "csv", "compression": "zip"}, "'auto', 'none' or 'gzip'", id="unknown compression"),
    ],
)
def test_wrong_format_is_refused(written: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ADAPTER.validate_python(written)


@pytest.mark.parametrize("name", ["UTF-8", "utf8", "cp1252", "iso8859-1", *ENCODINGS])
def test_usual_spellings_of_encodings_are_known(name: str) -> None:
    assert canonical_encoding(name)


def test_formats_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CsvFormat().delimiter = ";"  # type: ignore[misc]
