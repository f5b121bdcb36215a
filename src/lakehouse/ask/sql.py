"""Which tables and views a piece of SQL reads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, TokenError

from lakehouse.errors import ConfigurationError, Problem, nearest
from lakehouse.semantic.exports import views
from lakehouse.semantic.metrics import Metrics


def over_tables(text: str, published: Sequence[str], metrics: Metrics) -> tuple[str, tuple[str, ...]]:
    """A query of DuckDB's SQL with the views that it names written out, and the published tables that it reads.

    ConfigurationError if it is no query, or names neither.
    """
    tree = _parsed(text)
    known = {name.rpartition(".")[2]: name for name in published}
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    named = dict.fromkeys(table.name for table in tree.find_all(exp.Table) if table.name not in steps)
    there = set(views.names(metrics))
    _check(named, [*known, *there])
    if not named.keys() & there:
        return text, tuple(known[name] for name in named)
    tables = [name for name in named if name not in there]
    for name in reversed([name for name in named if name in there]):
        view = views.view(name, metrics)
        tables += view.tables
        # Before the steps of the query itself, which may read it.
        tree = _preceded(tree, name, view.tree)
    return tree.sql(dialect="duckdb"), tuple(dict.fromkeys(known[name] for name in tables))


def _parsed(text: str) -> exp.Query:
    try:
        tree = parse_one(text, dialect="duckdb")
    except (ParseError, TokenError) as error:
        raise ConfigurationError([Problem("sql", 0, 0, str(error).splitlines()[0])]) from None
    if not isinstance(tree, exp.Query):
        raise ConfigurationError([Problem("sql", 0, 0, "only a query can be asked: a published lake is read")])
    return tree


def _check(named: Collection[str], known: Collection[str]) -> None:
    if unknown := [name for name in named if name not in known]:
        problems = [Problem("sql", 0, 0, f"there is no table '{name}'", nearest(name, known)) for name in unknown]
        raise ConfigurationError(problems)


def _preceded(tree: exp.Query, name: str, step: exp.Select) -> exp.Query:
    own = tree.ctes
    tree = tree.with_(name, as_=step, append=False, copy=False)
    for each in own:
        tree = tree.with_(each.alias, as_=each.this, copy=False)
    return tree
