"""Whether the numbers that a tool would show are those that a question here gives."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakehouse.ask.lake import Lake

Row = Mapping[str, Any]
NOTHING: Row = {}

_answers: dict[tuple[object, ...], Sequence[Row]] = {}


def differences(
    lake: Lake, rows: Sequence[Row], metrics: Sequence[str], grain: str, by: str | None, where: str | None
) -> Iterator[str]:
    """Each number of the rows that is not the answer's.

    Where there are no rows a tool shows no row, or nothing, or 0; then the answer is 0, or null for some reason.
    """
    found: dict[tuple[Any, Any], Row] = {(row["period_start"], row[by] if by else None): row for row in rows}
    answer = _answer(lake, tuple(metrics), grain, by, where)
    for row in answer:
        place = (row["period_start"], row[by] if by else None)
        of_tool = found.pop(place, NOTHING)
        for name in metrics:
            here, shown = row[name], of_tool.get(name)
            if not _is_same(here, shown):
                yield f"{name} of {place} is {here}, and is shown as {shown}"
    # Rows that count on a day before the first known one are in no period of the answer.
    first = min(row["period_start"] for row in answer)
    for place, there in found.items():
        if place[0] >= first:
            shown_too = [name for name in metrics if there[name]]
            yield from (f"{name} of {place} is nothing, and is shown as {there[name]}" for name in shown_too)


def _answer(lake: Lake, metrics: tuple[str, ...], grain: str, by: str | None, where: str | None) -> Sequence[Row]:
    """The answer, which is compared with every tool and asked once."""
    key = (lake.run_id, metrics, grain, by, where)
    if key not in _answers:
        _answers[key] = lake.query(metrics, by=by or (), grain=grain, where=where).records
    return _answers[key]


def _is_same(here: Any, shown: Any) -> bool:
    if here is None or shown is None:
        return not here and not shown
    return here == shown or (isinstance(here, float) and math.isclose(here, shown, rel_tol=1e-9))
