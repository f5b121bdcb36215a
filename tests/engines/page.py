"""docs/engines.md: how many cells of every engine's answers were compared, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.engines.agreement import Score

REFERENCE, NOT_ASKED = "reference", "not asked"

_ABOUT = """# Engines

Every engine, one answer. A table of questions ([tests/engines/questions.py](../tests/engines/questions.py)) is asked of
every engine over the Delta files of a lake: {days} days of a made-up shop with wrong, late and repeated rows (of partly
known days: of a young shop whose files of payments, visits and lines leave days out, and of refunds all). DuckDB's
answer from the facts is the reference; every cell of the others (values, reasons of nulls, days) is compared with it:
decimals, counts, days and texts exactly, doubles to 1e-9 of their size, rows in the same order.

`make engines ENGINE=…` asks, and writes this page; it is not written by hand. DuckDB, Sail and Trino 476 are asked with
`ENGINE=sail`, each Spark in its own environment. Trino is the engine inside of Athena; *Athena's views* are this
Trino over the views and lists of files of `lakehouse export athena-views --create`, in an S3 and a Glue of a test.

- **questions**: SQL statements; **metrics**: how many metrics they ask for, together. At every grain all are; each of
  the other questions is of some of those that have a right answer there, the next one of the next.
- **n equal**: so many cells were compared, and all are equal.

| kind of question | questions | metrics |"""


def written(scores: Sequence[Score], before: str, days: int) -> str:
    """The page, in Markdown. What `before` says of others is kept if it is of the same cells."""
    kinds = list(dict.fromkeys(score.kind for score in scores))
    asked = {kind: _of_one_engine(scores, kind) for kind in kinds}
    cells = {kind: _most_cells(scores, kind) for kind in kinds}
    columns = {name: _column(scores, name, kinds) for name in dict.fromkeys(score.engine for score in scores)}
    columns |= {name: told for name, told in _read(before).items() if name not in columns and _is_of(name, told, cells)}
    names = sorted(columns)
    lines = [
        f"{_ABOUT.format(days=days)} {' | '.join(names)} |",
        f"|---|---:|---:|{'---:|' * len(names)}",
        *(_row(kind, asked[kind], [columns[name][kind] for name in names]) for kind in kinds),
        "",
    ]
    return "\n".join(lines)


def _of_one_engine(scores: Sequence[Score], kind: str) -> list[Score]:
    own = [score for score in scores if score.kind == kind]
    return [score for score in own if score.engine == own[0].engine]


def _most_cells(scores: Sequence[Score], kind: str) -> int:
    """Cells that an engine was asked for: the reference itself is compared with fewer, from KPI tables only."""
    engines = {score.engine for score in scores}
    of = [sum(each.cells for each in scores if (each.engine, each.kind) == (engine, kind)) for engine in engines]
    return max(of)


def _row(kind: str, asked: Sequence[Score], told: Iterable[str]) -> str:
    return f"| {kind} | {len(asked):,} | {sum(score.metrics for score in asked):,} | {' | '.join(told)} |"


def _column(scores: Sequence[Score], engine: str, kinds: Iterable[str]) -> dict[str, str]:
    told = {}
    for kind in kinds:
        own = [score for score in scores if (score.engine, score.kind) == (engine, kind)]
        cells, differing = sum(score.cells for score in own), sum(score.differing for score in own)
        right = f"{cells:,} equal" if own else REFERENCE if engine == "DuckDB" else NOT_ASKED
        told[kind] = f"**{differing:,} of {cells:,} differ**" if differing else right
    return told


def _read(page: str) -> dict[str, dict[str, str]]:
    """What a page says of each engine, by kind of question."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    if not rows:
        return {}
    head, *body = rows
    return {engine: {row[0]: row[n] for row in body} for n, engine in enumerate(head) if n > 2}


def _is_of(engine: str, told: Mapping[str, str], cells: Mapping[str, int]) -> bool:
    """Whether an engine was asked the same, of as many cells."""
    if engine == "DuckDB":
        return all("equal" in told.get(kind, "") or told.get(kind) == REFERENCE for kind in cells)
    return all(told.get(kind) in {NOT_ASKED, f"{of_kind:,} equal"} for kind, of_kind in cells.items())
