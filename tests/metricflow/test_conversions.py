"""The conversion rates that MetricFlow's authors print for its samples, by our compiler.

A conversion there is found in the question; here a buy is of a visit before anything is asked. So a question that
leaves visits out finds other conversions there, and the same where these visits are left out beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from tests.metricflow.asking import Cell, Cells, Lake, number, plain
from tests.metricflow.comparing import ABSENT
from tests.metricflow.samples import FOLDER, Samples, visits

pytestmark = pytest.mark.metricflow

PRINTED = FOLDER / "expected" / "conversion_query_output_duckdb"
FIRST, SECOND = date(2020, 1, 1), date(2020, 1, 2)
FROM_AD = "referrer_id = 'fb_ad_1'"
OF_AD = "marketing_channel = 'fb_ad_1'"
CHANNEL = ("marketing_channel",)


@dataclass(frozen=True)
class Printed:
    """What is printed, for visits of which only some are meant, and the question that it answers."""

    name: str
    metric: str
    question: Query
    days: int | None = None
    only: str = "true"


def asked(metric: str, grain: Calendar = Calendar.DAY, by: tuple[str, ...] = (), end: date | None = None) -> Query:
    return Query((metric,), grain, by=by, start=FIRST, end=end)


RATE, BY_VISIT = "visit_buy_conversion_rate", "buys_per_visit"
ALIKE = (
    Printed("test_conversion_metric", RATE, asked(RATE)),
    Printed("test_conversion_metric_with_window", RATE, asked(RATE), days=7),
    Printed("test_conversion_metric_with_different_time_dimension_grains", RATE, asked(RATE, Calendar.TOTAL)),
)
OF_SOME_VISITS = (
    Printed("test_conversion_metric_with_categorical_filter", BY_VISIT, asked(BY_VISIT, by=CHANNEL), only=FROM_AD),
    Printed("test_conversion_metric_with_metric_definition_filter", BY_VISIT, asked(BY_VISIT), 7, FROM_AD),
    Printed(
        "test_conversion_metric_with_time_constraint",
        BY_VISIT,
        asked(BY_VISIT, Calendar.TOTAL, CHANNEL, SECOND),
        only=f"{FROM_AD} AND ds <= '{SECOND}'",
    ),
    Printed(
        "test_conversion_metric_with_window_and_time_constraint",
        BY_VISIT,
        asked(BY_VISIT, by=CHANNEL, end=SECOND),
        7,
        f"{FROM_AD} AND ds <= '{SECOND}'",
    ),
    Printed(
        "test_conversion_metric_with_filter_not_in_group_by",
        "buys_of_visits",
        asked("buys_of_visits", Calendar.TOTAL, end=FIRST),
        7,
        f"ds = '{FIRST}'",
    ),
)


@pytest.fixture
def samples(shared_data: Path) -> Samples:
    return Samples(shared_data)


@pytest.mark.parametrize("printed", [*ALIKE, *OF_SOME_VISITS], ids=lambda printed: printed.name)
def test_printed(
    printed: Printed, sample_metrics: Metrics, samples: Samples, shared_data: Path, tmp_path: Path
) -> None:
    lake = samples.as_ours(visits(printed.days, printed.only), tmp_path)
    ours = lake.ours(sample_metrics, printed.question)[printed.metric]
    theirs = read(shared_data / PRINTED / f"{printed.name}__query_output.txt")
    assert theirs
    for key in ours.keys() | theirs.keys():
        # Without a buy there is no rate there, and without a visit none here.
        one, other = ours.get(key, ABSENT).value, theirs.get(key, ABSENT).value
        assert one == pytest.approx(other, abs=1e-6) if other is not None else not one, key


@pytest.mark.parametrize("printed", OF_SOME_VISITS, ids=lambda printed: printed.name)
def test_some_visits_of_all(
    printed: Printed, sample_metrics: Metrics, samples: Samples, shared_data: Path, tmp_path: Path
) -> None:
    """A buy counts for one visit here, whichever are asked for: so the parts never add up to more than the whole."""
    lake = samples.as_ours(visits(printed.days), tmp_path)
    where = OF_AD if FROM_AD in printed.only else None
    query = printed.question
    ours = lake.ours(sample_metrics, Query(query.metrics, query.grain, query.start, query.end, query.by, where))
    theirs = read(shared_data / PRINTED / f"{printed.name}__query_output.txt")
    pairs = [(ours[printed.metric].get(key, ABSENT).value or 0, cell.value or 0) for key, cell in theirs.items()]
    assert all(one <= other for one, other in pairs)
    assert any(one < other for one, other in pairs)


def test_no_channel_sells_in_more_visits_than_it_has(
    sample_metrics: Metrics, samples: Samples, shared_data: Path, tmp_path: Path
) -> None:
    """Theirs of an advertisement is 200 %: two buys of one visit. Ours counts visits with a buy."""
    theirs = read(shared_data / PRINTED / "test_conversion_metric_with_categorical_filter__query_output.txt")
    assert max(cell.value or 0 for cell in theirs.values()) == 2
    lake = samples.as_ours(visits(only=FROM_AD), tmp_path)
    ours = share_of_visits(lake, sample_metrics)
    assert {key: min(1, cell.value or 0) for key, cell in theirs.items()} == {
        key: cell.value for key, cell in ours.items() if key in theirs
    }


def share_of_visits(lake: Lake, metrics: Metrics) -> Cells:
    return lake.ours(metrics, asked("visits_with_buy_rate", by=CHANNEL))["visits_with_buy_rate"]


def read(path: Path) -> Cells:
    """The table of a printed answer: all columns but the last are its key."""
    lines = path.read_text().partition("---\n")[2].splitlines()
    rule = lines[1]
    starts = [n for n, sign in enumerate(rule) if sign == "-" and (n == 0 or rule[n - 1] == " ")]
    bounds = list(zip(starts, [*starts[1:], None], strict=True))
    rows = [[line[slice(*bound)].strip() for bound in bounds] for line in lines[2:]]
    return {tuple(map(plain, key)): Cell(number(value or None)) for *key, value in rows}
