"""The tree of an expression: columns, literals and calls, each of a known type, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from lakehouse.sources.functions import FUNCTIONS, ValueType


@dataclass(frozen=True)
class Mistake:
    """What is wrong with an expression, and where in its text."""

    offset: int
    message: str
    suggestion: str | None = None


@dataclass(frozen=True)
class ColumnValue:
    """A column of the object, as text."""

    name: str
    type: ValueType = ValueType.STRING

    @property
    def arguments(self) -> tuple[Expression, ...]:
        return ()


@dataclass(frozen=True)
class Literal:
    """A value that stands in the expression itself."""

    value: str | int | Decimal | bool | None
    type: ValueType

    @property
    def arguments(self) -> tuple[Expression, ...]:
        return ()


@dataclass(frozen=True)
class Call:
    """A function or an operator with its arguments.

    Operators are calls too: the comparisons and `+ - * neg`, `and or not`, `like`, `in` (value, then options),
    `between`, `is_null`, `||`, and `case` (condition, result, condition, result, …, default).
    """

    function: str
    arguments: tuple[Expression, ...]
    type: ValueType

    @property
    def is_aggregate(self) -> bool:
        return self.function in FUNCTIONS and FUNCTIONS[self.function].is_aggregate


Expression = ColumnValue | Literal | Call


@dataclass(frozen=True)
class Scope:
    """What an expression may name; with `may_aggregate` it is about a group: columns stand within aggregates only."""

    columns: Collection[str]
    vocabularies: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    may_aggregate: bool = False


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield expression
    for argument in expression.arguments:
        yield from walk(argument)


def columns_of(expression: Expression) -> set[str]:
    return {part.name for part in walk(expression) if isinstance(part, ColumnValue)}


def possible_texts(expression: Expression, scope: Scope) -> set[str] | None:
    """Every text that the expression can give, apart from null; None where that can not be told before the data."""
    if isinstance(expression, Literal):
        return set() if expression.value is None else {str(expression.value)}
    if not isinstance(expression, Call):
        return None
    if expression.function == "lookup":
        vocabulary = scope.vocabularies.get(literal_text(expression.arguments[1]), {})
        return {target for target in vocabulary.values() if target is not None}
    if expression.function in {"case", "coalesce", "nullif", "min", "max", "first", "last"}:
        options = [possible_texts(result, scope) for result in results_of(expression)]
        return (
            None if any(option is None for option in options) else {text for option in options for text in option or ()}
        )
    return None


def results_of(call: Call) -> tuple[Expression, ...]:
    """The arguments whose value the call can give."""
    if call.function == "case":
        return (*call.arguments[1:-1:2], call.arguments[-1])
    return call.arguments[:1] if call.function == "nullif" else call.arguments


def literal_text(expression: Expression) -> str:
    """The literal's text; empty for anything else."""
    return str(expression.value) if isinstance(expression, Literal) else ""
