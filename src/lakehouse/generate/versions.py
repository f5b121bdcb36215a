"""Rows as an extract delivers them: at the end of each business day, every row that changed on that day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lakehouse.generate.arrays import Bools, Ints, pick
from lakehouse.generate.clock import BusinessDays

_DELAYS = (0.98, 0.01, 0.006, 0.004)
"""Shares of rows delivered on the day of their change, and one, two, three days late."""


@dataclass(frozen=True)
class Changes:
    """One entry per row and day on which it changed: which row, the instant of its last change of that day, whether a
    newer version follows, and the rows' grouping (`last` is the position of the row's newest version)."""

    row: Ints
    at: Ints
    superseded: Bools
    newest: Ints


@dataclass(frozen=True)
class Delivery:
    """Rows of one object as text columns, the day each is delivered, and the day its newest version is."""

    object_name: str
    columns: dict[str, pa.Array]
    day: Ints
    superseded: Bools
    newest_day: Ints


def changes_by_day(events: Ints, days: BusinessDays) -> Changes:
    """Folds events (rows × instants) within the span into the versions that a daily extract sees."""
    count, width = events.shape
    ordered = np.sort(events, axis=1)
    valid = ordered < days.closing
    day = days.day_of(ordered.reshape(-1)).reshape(count, width)
    following = np.zeros_like(valid)
    following[:, :-1] = valid[:, 1:]
    same_day = np.zeros_like(valid)
    same_day[:, :-1] = following[:, :-1] & (day[:, 1:] == day[:, :-1])
    kept = valid & ~same_day
    row, column = np.nonzero(kept)
    superseded = following[row, column]
    newest = np.searchsorted(row, row, side="right") - 1
    return Changes(row.astype(np.int64), ordered[row, column], superseded, newest.astype(np.int64))


def deliver(
    rng: np.random.Generator,
    object_name: str,
    columns: dict[str, pa.Array],
    changes: Changes,
    days: BusinessDays,
    today: int,
) -> Delivery:
    """Schedules versions for the files of the days of their change, some of them days late, none after the last day.

    What began before `today` and is known only now (a session that went on past midnight) is delivered today."""
    late = pick(rng, len(changes.at), _DELAYS)
    day = np.minimum(np.maximum(days.day_of(changes.at), today) + late, days.count - 1)
    return Delivery(object_name, columns, day, changes.superseded, day[changes.newest])


def unchanging(at: Ints) -> Changes:
    """The changes of rows that have one version each."""
    positions = np.arange(len(at), dtype=np.int64)
    return Changes(positions, at, np.zeros(len(at), dtype=np.bool_), positions)
