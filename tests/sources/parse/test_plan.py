from __future__ import annotations

import pickle
from typing import Any

import pytest

from lakehouse.sources.formats import CsvFormat, JsonFormat, ParquetFormat
from lakehouse.sources.parse.plan import ParsePlan
from tests.sources.parse.reading import columns, csv_plan, json_plan


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param((columns("a", "b", "a"), CsvFormat()), "declared twice: a", id="column twice"),
        pytest.param((columns("a", "_raw"), CsvFormat()), "keeps for itself: _raw", id="bronze column"),
        pytest.param((columns("a"), CsvFormat(), "orders[]"), "JSON only", id="records in CSV"),
        pytest.param((columns("a"), ParquetFormat(), "orders[]"), "JSON only", id="records in Parquet"),
        pytest.param((columns("a=^.id"), JsonFormat()), "leaves the document", id="outwards without records"),
        pytest.param((columns("a=^^.id"), JsonFormat(), "order"), "1 enclosing", id="too far outwards"),
        pytest.param((columns("a=b..c"), JsonFormat()), "neither a key", id="malformed path"),
        pytest.param((columns("a"), JsonFormat(), "orders[0]"), "neither a key", id="malformed records"),
        pytest.param((columns("a=x", "b=x"), CsvFormat(header=False)), "without a header", id="one field twice"),
        pytest.param((columns("a"), CsvFormat(), None, 1, 1, 1.5), "between 0 and 1", id="share"),
    ],
)
def test_plan_that_no_file_could_satisfy_is_refused(arguments: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        ParsePlan(*arguments)


@pytest.mark.parametrize("plan", [csv_plan("a"), json_plan("a=^.id", records="orders[].line_items[]")])
def test_plan_travels_to_executors(plan: ParsePlan) -> None:
    assert pickle.loads(pickle.dumps(plan)) == plan
