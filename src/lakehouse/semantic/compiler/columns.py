"""Names of the columns that the steps of a question's SQL have in common."""

from __future__ import annotations

from lakehouse.semantic.span import Span

Facts = tuple[str, ...]
"""Facts that must have arrived for a value to be known."""


def since(fact: str) -> str:
    """Column with the first day that a fact is known for."""
    return f"{fact}_since"


def until(fact: str) -> str:
    """Column with the last day that a fact, or a metric's value, is known for."""
    return f"{fact}_until"


def known(fact: str) -> str:
    """Column that is 1 on the days that a fact is known for, else 0."""
    return f"{fact}_known"


def counts(fact: str) -> str:
    """Column that is 1 on the days whose rows of a fact count, else 0: also before the first day known."""
    return f"{fact}_counts"


def _short(facts: Facts) -> str:
    return "_".join(fact.removeprefix("fact_") for fact in facts)


def known_days(span: Span, facts: Facts) -> str:
    """Column with how many days of a span are known in all the facts."""
    return f"{span.name}_{_short(facts)}_days"


def arrived_days(facts: Facts) -> str:
    """Column with how many days of the period there are up to the last known in all the facts."""
    return f"arrived_{_short(facts)}_days"


def length(span: Span) -> str:
    """Column with how many days a span has when it is over."""
    return f"{span.name}_length"


def first_day(span: Span) -> str:
    """Column with the first day of a span."""
    return f"{span.name}_from"


def last_day(span: Span) -> str:
    """Column with the last day of a span."""
    return f"{span.name}_to"
