"""What is to be said of the days that deliveries are for: what came empty, damaged or late, and what is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.runs.deliveries import damaged, delivered, missing


class State(StrEnum):
    """A day on which everything came in time, with records, has none of these."""

    EMPTY = "empty"
    PARTIAL = "partial"
    DAMAGED = "damaged"
    LATE = "late"

    @property
    def explanation(self) -> str:
        """What follows from it for readers."""
        return _FOLLOWS[self]


_OF_CUSTOMERS = "where orders are lacking, who is new and who returns on later days is told without them"
_FOLLOWS = {
    State.EMPTY: "the file has no record: nothing of the kind happened on this day, and other days stay as they are",
    State.PARTIAL: "a file that was to come for the day has not: what it feeds is not known on this day until it "
    f"comes; an empty one says that there were none; {_OF_CUSTOMERS}",
    State.DAMAGED: "a file of the day was set aside or cut off: what it feeds is not known on this day until the file "
    f"comes whole under the same name; an empty one says that there were none; {_OF_CUSTOMERS}",
    State.LATE: "later days were published before: the numbers of this day are corrected, those of others stay",
}


@dataclass(frozen=True)
class DayState:
    """A day, and the objects (`source.object`) that a state is of."""

    day: date
    state: State
    objects: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "day": self.day.isoformat(),
            "state": self.state.value,
            "objects": list(self.objects),
            "explanation": self.state.explanation,
        }


def states_of(files: Iterable[tuple[str, str, date, int]], before: pa.Table, now: pa.Table) -> tuple[DayState, ...]:
    """The states of the days of a run's files, given as source, object, day and records, by days.

    `before` and `now` are `runs.deliveries` as published and as the run leaves it.
    """
    found = list(files)
    known, newest = _days(delivered(before)), _newest(before)
    groups: dict[tuple[date, State], set[str]] = defaultdict(set)
    for source, name, day, records in found:
        if not records:
            groups[day, State.EMPTY].add(f"{source}.{name}")
        elif day not in known[source, name] and day < newest.get((source, name), day):
            groups[day, State.LATE].add(f"{source}.{name}")
    days = {day for _, _, day, _ in found}
    states = [DayState(day, state, tuple(sorted(names))) for (day, state), names in groups.items()]
    were = set(partial_days(before))
    states += [each for each in partial_days(now) if each.day in days or each not in were]
    return tuple(sorted(states, key=lambda each: (each.day, each.state)))


def partial_days(deliveries: pa.Table) -> Iterator[DayState]:
    """The days for which files are damaged, or were to come and have not, in order."""
    objects: dict[tuple[date, State], set[str]] = defaultdict(set)
    for state, lacking in ((State.PARTIAL, missing(deliveries)), (State.DAMAGED, damaged(deliveries))):
        for (source, name), days in _days(lacking).items():
            for day in days:
                objects[day, state].add(f"{source}.{name}")
    return (DayState(*key, tuple(sorted(objects[key]))) for key in sorted(objects))


def _days(deliveries: pa.Table) -> defaultdict[tuple[str, str], set[date]]:
    days: defaultdict[tuple[str, str], set[date]] = defaultdict(set)
    for source, name, day in zip(
        *(deliveries[column].to_pylist() for column in ("source", "object_name", "delivery_date")), strict=True
    ):
        days[source, name].add(day)
    return days


def _newest(deliveries: pa.Table) -> dict[tuple[str, str], date]:
    """The last day with records of each object."""
    filled = deliveries.filter(pc.field("record_count") > 0)
    return {key: max(days) for key, days in _days(filled).items()}
