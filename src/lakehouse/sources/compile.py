"""Typed expressions to columns of the DataFrame API. A fault counts only where its part of the expression counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_

from lakehouse.sources.definition import Source
from lakehouse.sources.expressions import Call, ColumnValue, Expression, Literal, results_of
from lakehouse.sources.functions import ValueType
from lakehouse.sources.operations import (
    DECIMAL,
    OPERATIONS,
    READINGS,
    SQL_TYPES,
    Compiled,
    Faults,
    Given,
    bounded,
    merged,
    qualified,
)
from lakehouse.spark import Column, F, Window


class Compiler:
    """Compiles the expressions of one source; `known` are parts that are computed already."""

    def __init__(self, source: Source, known: Mapping[Expression, Compiled]) -> None:
        self.source = source
        self._known = known

    def compile(self, expression: Expression) -> Compiled:
        if expression in self._known:
            return self._known[expression]
        if isinstance(expression, ColumnValue):
            return Compiled(F.col(expression.name), ValueType.STRING)
        if isinstance(expression, Literal):
            return Compiled(_literal(expression), expression.type)
        if expression.function in _SPECIAL:
            return _SPECIAL[expression.function](self, expression)
        arguments = [self.compile(argument) for argument in expression.arguments]
        own = OPERATIONS[expression.function](Given(expression, arguments, self.source))
        return Compiled(own.value, own.type, merged([*[argument.faults for argument in arguments], own.faults]))

    def identifier(self, expression: Expression) -> Compiled:
        """The expression as an identifier: in this source's namespace, unless it is a reference to another."""
        if expression.type is not ValueType.REFERENCE:
            compiled = self.compile(expression)
            text = qualified(compiled.as_type(ValueType.STRING), self.source.source)
            return Compiled(text, ValueType.REFERENCE, compiled.faults)
        return self.compile(expression)

    def result(self, expression: Expression, wanted: ValueType) -> Compiled:
        """The expression as a type that it fits without loss."""
        if wanted is ValueType.REFERENCE:
            return self.identifier(expression)
        compiled = self.compile(expression)
        return Compiled(compiled.as_type(wanted), wanted, compiled.faults)

    def case(self, call: Call) -> Compiled:
        results = [self.result(result, call.type) for result in results_of(call)]
        faults: list[Faults] = []
        branches: list[Column] = []
        open_still = F.lit(True)
        for condition in [self.compile(condition) for condition in call.arguments[:-1:2]]:
            faults.append(_only_where(open_still, condition.faults))
            holds = F.coalesce(condition.value, F.lit(False))
            branches.append(open_still & holds)
            open_still = open_still & ~holds
        for branch, result in zip([*branches, open_still], results, strict=True):
            faults.append(_only_where(branch, result.faults))
        value = results[-1].value
        for branch, result in reversed(list(zip(branches, results, strict=False))):
            value = F.when(branch, result.value).otherwise(value)
        return Compiled(value, call.type, merged(faults))

    def coalesce(self, call: Call) -> Compiled:
        results = [self.result(argument, call.type) for argument in call.arguments]
        faults = [results[0].faults]
        for position, result in enumerate(results[1:], start=1):
            reached = reduce(and_, [earlier.value.isNull() for earlier in results[:position]])
            faults.append(_only_where(reached, result.faults))
        return Compiled(F.coalesce(*[result.value for result in results]), call.type, merged(faults))

    def logical(self, call: Call) -> Compiled:
        """`and` and `or`: the second condition is reached unless the first decides."""
        first, second = (self.compile(argument) for argument in call.arguments)
        is_and = call.function == "and"
        reached = F.coalesce(first.value if is_and else ~first.value, F.lit(True))
        value = first.value & second.value if is_and else first.value | second.value
        return Compiled(value, call.type, merged([first.faults, _only_where(reached, second.faults)]))

    def sequence(self, call: Call) -> Compiled:
        """Position of each row among the rows of its file with the same values of the call's columns."""
        columns = [F.col(argument.name) for argument in call.arguments if isinstance(argument, ColumnValue)]
        in_file_order = Window.partitionBy("_object_id", *columns).orderBy("_row_number")
        return Compiled(F.row_number().over(in_file_order).cast("bigint"), call.type)


_SPECIAL: Mapping[str, Callable[[Compiler, Call], Compiled]] = {
    "case": Compiler.case,
    "coalesce": Compiler.coalesce,
    "and": Compiler.logical,
    "or": Compiler.logical,
    "sequence_within": Compiler.sequence,
}

COSTLY = frozenset({*READINGS, "sequence_within", "+", "-", "*", "round"})
"""Calls worth a column of their own before they are used."""


def _only_where(condition: Column, faults: Faults) -> dict[str, Column]:
    return {code: condition & fault for code, fault in faults.items()}


def _literal(literal: Literal) -> Column:
    value = literal.value
    return F.lit(str(value) if literal.type is ValueType.DECIMAL else value).cast(SQL_TYPES[literal.type])


def aggregate(call: Call, value: Column) -> Compiled:
    """An aggregate over the rows of a group, of which `value` is the argument's column."""
    if call.function == "sum":
        return bounded(F.sum(value.cast(DECIMAL if call.type is ValueType.DECIMAL else "decimal(18,0)")), call.type)
    if call.function in {"first", "last"}:
        pick = F.min_by if call.function == "first" else F.max_by
        return Compiled(pick(value, F.when(value.isNotNull(), F.col("_row_number"))), call.type)
    by_name: Mapping[str, Callable[[Column], Column]] = {"min": F.min, "max": F.max, "count": F.count}
    return Compiled(by_name[call.function](value), call.type)
