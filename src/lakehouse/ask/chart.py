"""An answer as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakehouse.ask.installed import need
from lakehouse.ask.written import period
from lakehouse.semantic.definition import Format
from lakehouse.semantic.metrics import Metric
from lakehouse.semantic.query import Calendar

if TYPE_CHECKING:
    import altair as alt

    from lakehouse.ask.answer import Answer

_FORMATS = {Format.CURRENCY: ",.2~f", Format.COUNT: ",.0f", Format.PERCENT: ".1~%", Format.NUMBER: ",.2~f"}


def chart(answer: Answer) -> alt.VConcatChart:
    """One chart below the other for each metric: lines over time, cohorts as a heat map, else bars."""
    altair = need("altair", "notebook")
    rows = _rows(answer)
    charts: alt.VConcatChart = altair.vconcat(*(_chart(altair, answer, metric, rows) for metric in answer.metrics))
    return charts


def _rows(answer: Answer) -> list[dict[str, Any]]:
    """The rows as a chart's data: days as text, periods by name, amounts as numbers, members in one field."""
    query = answer.compiled.query
    start = "cohort_start" if "cohort_start" in answer.compiled.columns else "period_start"
    rows = []
    for row in answer.to_arrow().to_pylist():
        shown: dict[str, Any] = {
            "members": ", ".join(str(row[name]) for name in query.by),
            "period": period(row[start], query.grain),
        }
        for name, found in row.items():
            if name.endswith(("_start", "_date")) and found is not None:
                shown[name] = found.isoformat()
            else:
                shown[name] = found if found is None or isinstance(found, str | bool | int) else float(found)
        rows.append(shown)
    return rows


def _chart(altair: Any, answer: Answer, metric: Metric, rows: list[dict[str, Any]]) -> Any:
    definition, query = metric.definition, answer.compiled.query
    written = _FORMATS[definition.format]
    title = f"{definition.business_name}, {answer.currency}" if metric.is_money else definition.business_name
    base = altair.Chart(altair.Data(values=rows), width=640, height=240, title=title)
    told = [altair.Tooltip(f"{metric.name}:Q", format=written, title=title)]
    if "cohort_start" in answer.compiled.columns:
        return _cohorts(altair, base, metric.name, written, query.grain, told, rows)
    axis = altair.Axis(format=written, title=None)
    members = " and ".join(query.by).replace("_", " ")
    if query.grain is Calendar.TOTAL or len({row["period"] for row in rows}) == 1:
        name = "members:N" if query.by else "period:O"
        return base.mark_bar().encode(
            x=altair.X(f"{metric.name}:Q", axis=axis),
            y=altair.Y(name, sort="-x", title=None),
            tooltip=[*told, altair.Tooltip(name, title=members or str(query.grain))],
        )
    told += ["period:O", *([altair.Tooltip("members:N", title=members)] if query.by else [])]
    color = {"color": altair.Color("members:N", title=members)} if query.by else {}
    # A line of days has too many names; one of longer periods has its ticks where they begin, and nowhere between.
    level = altair.Axis(labelAngle=0, labelOverlap=True, title=None)
    over_time = (
        altair.X("period_start:T", title=None) if query.grain is Calendar.DAY else altair.X("period:O", axis=level)
    )
    return base.mark_line(point=True).encode(
        x=over_time, y=altair.Y(f"{metric.name}:Q", axis=axis), tooltip=told, **color
    )


def _cohorts(
    altair: Any, base: Any, name: str, written: str, grain: Calendar, told: list[Any], rows: list[dict[str, Any]]
) -> Any:
    """A row for each cohort. Colours tell the periods after the first apart, in which every member is there."""
    after = [row[name] for row in rows if row["periods_since"] > 0 and row[name] is not None]
    scale = altair.Scale(domain=[min(after), max(after)], clamp=True) if after else altair.Undefined
    return base.mark_rect().encode(
        x=altair.X("periods_since:O", title=f"{grain}s since", axis=altair.Axis(labelAngle=0)),
        y=altair.Y("period:O", title=None),
        color=altair.Color(f"{name}:Q", scale=scale, legend=altair.Legend(format=written), title=None),
        tooltip=[*told, altair.Tooltip("period:O", title="cohort"), "periods_since:O", "cohort_size:Q"],
    )
