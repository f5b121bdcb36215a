from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from lakehouse.generate.arrays import NEVER, stream
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.versions import changes_by_day, deliver, unchanging

_DAYS = BusinessDays.of(date(2024, 1, 1), 4, "Europe/Berlin")
_HOUR, _DAY = 3_600, 86_400


@pytest.mark.parametrize(
    ("hours", "seen", "superseded"),
    [
        pytest.param([1], [1], [False], id="one event, one version"),
        pytest.param([1, 5, 9], [9], [False], id="one version per day, the last"),
        pytest.param([1, 30, 31, 80], [1, 31, 80], [True, True, False], id="a version for each day with a change"),
        pytest.param([30, 1], [1, 30], [True, False], id="events in any order"),
        pytest.param([1, 96], [1], [False], id="nothing after the last day"),
        pytest.param([7, 7], [7], [False], id="two events in the same second"),
        pytest.param([96], [], [], id="not seen at all"),
    ],
)
def test_a_daily_extract_sees_the_last_change_of_each_day(
    hours: list[int], seen: list[int], superseded: list[bool]
) -> None:
    events = np.array([[*(_DAYS.opening + hour * _HOUR for hour in hours), NEVER]])
    changes = changes_by_day(events, _DAYS)
    assert ((changes.at - _DAYS.opening) // _HOUR).tolist() == seen
    assert changes.superseded.tolist() == superseded
    assert changes.newest.tolist() == [len(seen) - 1] * len(seen)


def test_rows_come_on_their_day_or_up_to_three_days_late_but_not_after_the_end() -> None:
    at = _DAYS.opening + np.repeat(np.arange(4), 5_000) * _DAY
    delivery = deliver(stream(1), "orders", {"key": pa.nulls(len(at))}, unchanging(at), _DAYS, 0)
    late = delivery.day - _DAYS.day_of(at)
    assert set(late[:5_000].tolist()) == {0, 1, 2, 3}
    assert (late == 0).mean() > 0.95
    assert delivery.day.max() == 3


def test_what_began_before_today_is_delivered_today() -> None:
    yesterday = np.full(100, _DAYS.opening + 23 * _HOUR)
    delivery = deliver(stream(1), "sessions", {"key": pa.nulls(100)}, unchanging(yesterday), _DAYS, 1)
    assert delivery.day.min() == 1
