"""What a notebook shows of answers, tables and a lake. Names and values of data are text, whatever is in them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakehouse.ask.written import Written

if TYPE_CHECKING:
    from lakehouse.ask.answer import Answer
    from lakehouse.ask.lake import Lake

MOST_ROWS = 60

# Words begin and numbers end at one line; a value is not broken where a table is wide.
_WORD, _NUMBER, _WHOLE = "text-align:left;", "text-align:right;", "white-space:nowrap;"


def answer_table(answer: Answer) -> str:
    """The first rows of an answer, each value as people write it, and where there is none the reason."""
    written = Written(answer)
    styles = [_NUMBER if column.metric else _WORD for column in written.columns]
    heads = "".join(
        f"<th style='{style}'>{escape(head)}</th>" for style, head in zip(styles, written.headings, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td style='{style}{_WHOLE}'>{escape(cell)}</td>" for style, cell in zip(styles, line, strict=True))
        + "</tr>"
        for line in written.lines(MOST_ROWS)
    )
    more = len(answer) - MOST_ROWS
    rest = f"<p>and {more:,} rows more</p>" if more > 0 else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{rest}"


def rows_table(rows: pa.Table) -> str:
    """Rows as they are."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in rows.column_names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_shown(value))}</td>" for value in row.values()) + "</tr>"
        for row in rows.to_pylist()
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def lake_summary(lake: Lake) -> str:
    """Which snapshot it is, and what to ask it."""
    marts = "".join(
        f"<li><b>{escape(mart.title)}</b>, {len(mart.metrics)} metrics. {escape(mart.description.strip())}</li>"
        for mart in lake.definitions.marts
    )
    return (
        f"<p><b>{escape(lake.snapshot.root)}</b><br>as run <code>{escape(lake.run_id)}</code> published it</p>"
        f"<ul>{marts}</ul>"
    )


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
