"""An answer as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakehouse.ask.installed import need
from lakehouse.semantic.definition import Format
from lakehouse.semantic.metrics import Metric
from lakehouse.semantic.query import Calendar

if TYPE_CHECKING:
    import altair as alt

    from lakehouse.ask.answer import Answer

_FORMATS = {Format.CURRENCY: ",.2f", Format.COUNT: ",.0f", Format.PERCENT: ".1%", Format.NUMBER: ",.2f"}


def chart(answer: Answer) -> alt.VConcatChart:
    """One chart below the other for each metric: lines over time, cohorts as a heat map, else bars."""
    altair = need("altair", "bi")
    rows = _rows(answer)
    charts: alt.VConcatChart = altair.vconcat(*(_chart(altair, answer, metric, rows) for metric in answer.metrics))
    return charts


def _rows(answer: Answer) -> list[dict[str, Any]]:
    """The rows as a chart's data: days as text, amounts as numbers, a combination of members in one field."""
    rows = []
    for row in answer.to_arrow().to_pylist():
        shown: dict[str, Any] = {"members": ", ".join(str(row[name]) for name in answer.compiled.query.by)}
        for name, found in row.items():
            if name.endswith(("_start", "_date")) and found is not None:
                shown[name] = found.isoformat()
            else:
                shown[name] = found if found is None or isinstance(found, str | bool | int) else float(found)
        rows.append(shown)
    return rows


def _chart(altair: Any, answer: Answer, metric: Metric, rows: list[dict[str, Any]]) -> Any:
    written = _FORMATS[metric.definition.format]
    title = metric.definition.business_name
    base = altair.Chart(altair.Data(values=rows), width=640, height=240, title=title)
    axis = altair.Axis(format=written, title=None)
    told = [altair.Tooltip(f"{metric.name}:Q", format=written, title=title)]
    if "cohort_start" in answer.compiled.columns:
        return base.mark_rect().encode(
            x=altair.X("periods_since:O", title=f"{answer.compiled.query.grain}s since"),
            y=altair.Y("cohort_start:O", title=None),
            color=altair.Color(f"{metric.name}:Q", legend=altair.Legend(format=written), title=None),
            tooltip=[*told, "cohort_start:O", "periods_since:O", "cohort_size:Q"],
        )
    has_members = bool(answer.compiled.query.by)
    if answer.compiled.query.grain is Calendar.TOTAL or len({row["period_start"] for row in rows}) == 1:
        name = "members:N" if has_members else "period_start:O"
        return base.mark_bar().encode(
            x=altair.X(f"{metric.name}:Q", axis=axis), y=altair.Y(name, sort="-x", title=None), tooltip=[*told, name]
        )
    told += ["period_start:T", *(["members:N"] if has_members else [])]
    color = {"color": altair.Color("members:N", title=None)} if has_members else {}
    return base.mark_line(point=True).encode(
        x=altair.X("period_start:T", title=None), y=altair.Y(f"{metric.name}:Q", axis=axis), tooltip=told, **color
    )
