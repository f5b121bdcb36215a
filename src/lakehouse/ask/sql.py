"""Which tables a piece of SQL reads."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, TokenError

from lakehouse.errors import ConfigurationError, Problem, nearest


def named_tables(text: str, published: Sequence[str]) -> tuple[str, ...]:
    """The published tables that a query names; ConfigurationError if it is no query, or names others."""
    try:
        tree = parse_one(text, dialect="duckdb")
    except (ParseError, TokenError) as error:
        raise ConfigurationError([Problem("sql", 0, 0, str(error).splitlines()[0])]) from None
    if not isinstance(tree, exp.Query):
        raise ConfigurationError([Problem("sql", 0, 0, "only a query can be asked: a published lake is read")])
    known = {name.rpartition(".")[2]: name for name in published}
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    names = dict.fromkeys(table.name for table in tree.find_all(exp.Table) if table.name not in steps)
    if unknown := [name for name in names if name not in known]:
        problems = [Problem("sql", 0, 0, f"there is no table '{name}'", nearest(name, known)) for name in unknown]
        raise ConfigurationError(problems)
    return tuple(known[name] for name in names)
