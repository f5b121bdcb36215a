"""How periods and values are written for people: on a terminal, in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta

from lakehouse.semantic.compiler.columns import until
from lakehouse.semantic.compiler.compile import compared, growth
from lakehouse.semantic.definition import Format
from lakehouse.semantic.metrics import Metric
from lakehouse.semantic.query import Calendar

if TYPE_CHECKING:
    from lakehouse.ask.answer import Answer

REASONS = {
    "no_data": "not delivered",
    "not_arrived": "not arrived yet",
    "no_history": "no period before",
    "incomplete_period": "days are missing",
    "previous_zero": "none before",
    "previous_negative": "negative before",
    "zero_denominator": "none to divide by",
    "immature": "not over yet",
}


def period(start: date, grain: Calendar) -> str:
    """A period's short name: 2026-01-31, 2026-W05, 2026-01, 2026-Q1, 2026; of other calendars its first day."""
    match grain:
        case Calendar.WEEK:
            iso = start.isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        case Calendar.MONTH:
            return f"{start:%Y-%m}"
        case Calendar.QUARTER:
            return f"{start.year}-Q{(start.month + 2) // 3}"
        case Calendar.YEAR:
            return str(start.year)
        case Calendar.TOTAL:
            return f"since {start}"
        case _:
            return start.isoformat()


def value(metric: Metric, number: Decimal | float | None, why_not: str | None, currency: str) -> str:
    """A value in its metric's format, or in brackets why there is none."""
    if number is None:
        return f"({REASONS.get(why_not or '', why_not or 'unknown')})"
    match metric.definition.format:
        case Format.CURRENCY:
            return f"{number:,.2f} {currency}"
        case Format.COUNT:
            return f"{number:,.0f}"
        case Format.PERCENT:
            return percent(number)
        case Format.NUMBER:
            return f"{number:,.2f}"


def percent(number: Decimal | float) -> str:
    return f"{100 * number:,.2f} %"


def _last_day(start: date, grain: Calendar) -> date | None:
    """The last day of a period of the calendar; None of other ones."""
    months = {Calendar.MONTH: 1, Calendar.QUARTER: 3, Calendar.YEAR: 12}
    if grain in months:
        last: date = start + relativedelta(months=months[grain], days=-1)
        return last
    return start + timedelta(days=6) if grain is Calendar.WEEK else None


@dataclass(frozen=True)
class Column:
    """A column of an answer as it is read: its heading, and its name in the rows. `metric` says how it is written."""

    heading: str
    name: str
    metric: Metric | None = None
    is_growth: bool = False


@dataclass(frozen=True)
class Written:
    """An answer as lines of text."""

    answer: Answer

    @property
    def columns(self) -> tuple[Column, ...]:
        """Period or cohort, dimensions, and values."""
        compiled = self.answer.compiled
        values = [column for metric in compiled.metrics for column in self._of(metric)]
        if "cohort_start" in compiled.columns:
            own = [
                Column("cohort", "cohort_start"),
                Column("periods since", "periods_since"),
                Column("size", "cohort_size"),
            ]
        else:
            own = [Column(compiled.query.grain.value.replace("_", " "), "period_start")]
        return (*own, *(Column(name.replace("_", " "), name) for name in compiled.query.by), *values)

    def _of(self, metric: Metric) -> Iterator[Column]:
        name = metric.definition.business_name
        yield Column(name, metric.name, metric)
        for comparison in self.answer.compiled.query.compare:
            words = str(comparison).replace("_", " ")
            yield Column(f"{name}, {words}", compared(metric.name, comparison), metric)
            yield Column("change", growth(metric.name, comparison), metric, is_growth=True)

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.columns)

    def lines(self, most: int | None = None) -> list[list[str]]:
        """The cells of each row."""
        rows = self.answer.records if most is None else self.answer.rows.slice(0, most).to_pylist()
        return [[self._cell(column, row) for column in self.columns] for row in rows]

    def _cell(self, column: Column, row: Mapping[str, Any]) -> str:
        found = row[column.name]
        if column.metric is not None:
            if column.is_growth and found is not None:
                return f"{'+' if found > 0 else ''}{percent(found)}"
            return value(column.metric, found, row[f"{column.name}_reason"], self.answer.currency)
        if column.name in {"period_start", "cohort_start"}:
            return period(found, self.answer.compiled.query.grain)
        return "–" if found is None else str(found)

    def edges(self) -> list[str]:
        """A sentence for a first period that is told whole though less was asked for, and a last that is not over."""
        query = self.answer.compiled.query
        if "last_date" not in self.answer.compiled.columns or query.grain is Calendar.TOTAL:
            return []
        said = []
        for row in self.answer.records:
            start, last = row["period_start"], row["last_date"]
            name = period(start, query.grain)
            if query.start is not None and start < query.start:
                said.append(f"{name} is told as a whole, from {row['first_date']} on")
            if last is not None and (end := _last_day(start, query.grain)) is not None and last < end:
                said.append(f"{name} is of its days up to {last}")
        return list(dict.fromkeys(said))

    def cut_short(self) -> list[str]:
        """A sentence for each value that is not of all its period's days, because what came in does not go as far."""
        grain = self.answer.compiled.query.grain
        if "last_date" not in self.answer.compiled.columns:
            return []
        return list(
            dict.fromkeys(
                f"{metric.definition.business_name} of {period(row['period_start'], grain)} is that up to {last}: "
                f"what it needs of the days up to {row['last_date']} has not all arrived"
                for row in self.answer.records
                for metric in self.answer.compiled.metrics
                if (last := row[until(metric.name)]) is not None and last < row["last_date"]
            )
        )
