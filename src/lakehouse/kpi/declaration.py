"""The declaration of a mart's KPI table, as its metrics make it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.gold.dim_dates import TABLE as DIM_DATES
from lakehouse.gold.missing_days import TABLE as MISSING_DAYS
from lakehouse.grain import Grain
from lakehouse.semantic.definition import Simple
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.metrics import Additivity, Mart, Metric
from lakehouse.table import DATE, STRING, Field, Layer, Privacy, Table

CALENDAR_DATE = Field(
    "calendar_date", DATE, "Business day.", references="dim_dates.calendar_date", privacy=Privacy.PUBLIC
)
CURRENCY_CODE = Field("currency_code", STRING, "Reporting currency, in which the amounts are.", privacy=Privacy.PUBLIC)


def declare(mart: Mart, metrics: Sequence[Metric]) -> Table:
    """One row per day, with `metrics` as its columns; they include all that each of them is made of.

    Not partitioned: a year is 365 rows.
    """
    facts = dict.fromkeys(
        metric.definition.measure.table for metric in metrics if isinstance(metric.definition, Simple)
    )
    has_money = any(metric.is_money for metric in metrics)
    return Table(
        layer=Layer.KPI,
        name=mart.table,
        grain="One row per business day, from the first to the last that any fact of the lake covers.",
        inputs=(*(FACTS[name].table for name in facts), DIM_DATES, COVERAGE, MISSING_DAYS),
        fields=(
            CALENDAR_DATE,
            *((CURRENCY_CODE,) if has_money else ()),
            *(field for metric in metrics for field in _fields(metric)),
        ),
        primary_key=("calendar_date",),
    )


def _fields(metric: Metric) -> Iterator[Field]:
    name, description = metric.definition.business_name, metric.definition.description.strip()
    match metric.additivity:
        case Additivity.PERIOD:
            for grain in Grain:
                once = f"{name}, each counted once a {grain}: the days of a {grain} add up to its number."
                yield Field(metric.column(grain), metric.type, once, nullable=True)
        case Additivity.NONE:
            of_day = f"{name} of this day, not to be added up. {description}"
            yield Field(metric.name, metric.type, of_day, nullable=True)
        case _:
            yield Field(metric.name, metric.type, description, nullable=True)
