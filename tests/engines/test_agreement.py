"""What tells whether two answers are equal, and the page that is made of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.engines import page
from tests.engines.agreement import Score, differences, told

DAY = date(2026, 1, 1)
EXPECTED = pa.table(
    {
        "period_start": pa.array([DAY, DAY], pa.date32()),
        "country": pa.array(["DE", None], pa.string()),
        "amount": pa.array([Decimal("1.10"), None], pa.decimal128(18, 2)),
        "count": pa.array([3, 4], pa.int64()),
        "rate": pa.array([1 / 3, None], pa.float64()),
    }
)


def found(**columns: Any) -> list[str]:
    """The differences of an answer whose columns are other ones."""
    table = EXPECTED
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return list(differences(table, EXPECTED, ("period_start", "country")))


def test_equal_answers() -> None:
    assert found() == []
    assert found(count=pa.array([3, 4], pa.int32()), country=pa.array(["DE", None], pa.large_string())) == []
    assert found(rate=pa.array([1 / 3 * (1 + 5e-10), None])) == []


@pytest.mark.parametrize(
    ("columns", "difference"),
    [
        (
            {"amount": pa.array([Decimal("1.11"), None], pa.decimal128(18, 2))},
            "amount of (2026-01-01, DE) is Decimal('1.11')",
        ),
        ({"amount": pa.array([Decimal("1.1"), None], pa.decimal128(18, 1))}, "amount is decimal128(18, 1)"),
        ({"count": pa.array([3, None], pa.int64())}, "count of (2026-01-01, None) is None, not 4"),
        ({"count": pa.array([3.0, 4.0])}, "count is double, not int64"),
        ({"rate": pa.array([1 / 3 * (1 + 2e-9), None])}, "rate of (2026-01-01, DE) is"),
        ({"rate": pa.array([1 / 3, 0.0])}, "rate of (2026-01-01, None) is 0.0, not None"),
        ({"country": pa.array([None, "DE"])}, "country of (2026-01-01, DE) is None"),
    ],
)
def test_a_cell_that_differs(columns: dict[str, Any], difference: str) -> None:
    assert found(**columns)[0].startswith(difference)


def test_rows_and_columns_that_differ() -> None:
    assert list(differences(EXPECTED.slice(1), EXPECTED, ("country",))) == [
        "there are 1 rows, not 2",
        "('DE',) is too few",
    ]
    (wrong,) = differences(EXPECTED.drop_columns(["rate"]), EXPECTED, ("country",))
    assert wrong.startswith("the columns are")


def test_not_all_differences_are_told() -> None:
    assert told("it", [str(n) for n in range(20)]).splitlines()[-1] == "and 8 more"


def test_a_page_keeps_what_it_says_of_engines_that_were_not_asked() -> None:
    sail = [
        Score("by grain", "Sail", 5, 40, 0),
        Score("by grain", "Sail", 4, 30, 0),
        Score("cohorts", "Sail", 3, 9, 0),
    ]
    first = page.written([*sail, Score("by grain", "DuckDB", 5, 40, 0)], "", 7)
    assert "| by grain | 2 | 9 | 40 equal | 70 equal |" in first
    assert "| cohorts | 1 | 3 | reference | 9 equal |" in first
    spark = [Score(one.kind, "Spark 4.1", one.metrics, one.cells, one.kind == "cohorts") for one in sail]
    both = page.written(spark, page.written(sail, "", 7), 7)
    assert "| kind of question | questions | metrics | Sail | Spark 4.1 |" in both
    assert "| cohorts | 1 | 3 | 9 equal | **1 of 9 differ** |" in both


def test_a_page_keeps_the_reference_which_is_compared_with_less() -> None:
    """From KPI tables only, with itself from facts."""
    sail = Score("some days", "Sail", 5, 40, 0)
    before = page.written([Score("some days", "DuckDB", 5, 15, 0), sail], "", 7)
    after = page.written([Score("some days", "Spark 4.1", 5, 40, 0)], before, 7)
    assert "| some days | 1 | 5 | 15 equal | 40 equal | 40 equal |" in after


def test_a_page_forgets_what_was_asked_of_other_cells() -> None:
    before = page.written([Score("cohorts", "Sail", 3, 9, 0)], "", 7)
    assert "Sail |" not in page.written([Score("cohorts", "Spark 4.1", 3, 10, 0)], before, 7)
