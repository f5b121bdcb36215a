"""Expressions of a source's mapping: SQL text in, a small typed tree of allowed things out, or what is wrong with it.

sqlglot reads the text; everything that is not on the allow-list here or in `functions` is refused, so a mapping can
neither reach another table nor call an engine's own functions. Types are inferred, so that a mistake shows before an
engine starts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot import exp, parser
from sqlglot.dialects.dialect import Dialect

from lakehouse.errors import nearest
from lakehouse.sources.expressions import Call, ColumnValue, Expression, Literal, Mistake, Scope, literal_text
from lakehouse.sources.functions import (
    ARITHMETIC,
    COMPARISONS,
    CONDITION,
    FUNCTIONS,
    NUMBER,
    ORDERED,
    TEXT,
    TEXT_OR_INTEGER,
    Function,
    Parameter,
    ValueType,
)


class _Dialect(Dialect):
    """Generic SQL in which every function call stays what it is: a name and arguments."""

    class Parser(parser.Parser):
        FUNCTIONS = {}  # noqa: RUF012 (sqlglot's own way of configuring a dialect)
        FUNCTION_PARSERS = {}  # noqa: RUF012
        NO_PAREN_FUNCTIONS = {}  # noqa: RUF012
        NO_PAREN_FUNCTION_PARSERS = {"CASE": parser.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}  # noqa: RUF012


_DIALECT = _Dialect()

MAX_DEPTH = 100
"""How deep an expression may be nested; a chain of `and` is one level per link."""
_TOO_DEEP = Mistake(0, "nested too deeply")


def read(text: str, scope: Scope) -> tuple[Expression, tuple[Mistake, ...]]:
    """The typed tree of an expression and all mistakes in it; with mistakes, parts of the tree are of unknown type."""
    try:
        trees = _DIALECT.parse(text)
    except sqlglot.errors.SqlglotError as error:
        return _UNKNOWN, (_syntax(text, error),)
    except RecursionError:
        return _UNKNOWN, (_TOO_DEEP,)
    if len(trees) != 1 or trees[0] is None:
        return _UNKNOWN, (Mistake(0, "write one expression, without ';'"),)
    reader = _Reader(scope)
    expression = reader.read(trees[0], in_aggregate=not scope.may_aggregate)
    return expression, (_TOO_DEEP,) if reader.is_too_deep else tuple(reader.mistakes)


_UNKNOWN = Literal(None, ValueType.UNKNOWN)
_NULL = Literal(None, ValueType.NULL)

_OPERATORS: Mapping[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Neg: "neg",
    exp.And: "and",
    exp.Or: "or",
    exp.Not: "not",
    exp.Like: "like",
    exp.DPipe: "||",
}

_REFUSED: tuple[tuple[type[Any] | tuple[type[Any], ...], str], ...] = (
    ((exp.Query, exp.Exists), "a query is not allowed in an expression"),
    (exp.Div, "division is not allowed: deliver amounts, or compute ratios in a metric"),
    (exp.Window, "window functions are not allowed: a position within the file is sequence_within(column)"),
    (exp.Cast, "casts are not allowed: write decimal(x), integer(x), boolean(x), timestamp(x) or date(x)"),
    (exp.RegexpLike, "write regexp_like(x, 'expression')"),
    (exp.ILike, "ilike is not allowed: write lower(x) like '…'"),
    (exp.Alias, "one expression is wanted, but something follows it"),
    (exp.Star, "'*' is not allowed: name a column"),
    ((exp.Command, exp.DDL, exp.DML, exp.Drop), "statements are not allowed in an expression"),
)

_SPOKEN = {NUMBER: "a number", CONDITION: "a condition"}

_MEND = {
    ValueType.DECIMAL: "decimal({})",
    ValueType.INTEGER: "integer({})",
    ValueType.BOOLEAN: "boolean({})",
    ValueType.TIMESTAMP: "timestamp({0}), or timestamp({0}, 'dd.MM.yyyy HH:mm') with the form that it has",
    ValueType.DATE: "date({0}), or date({0}, 'dd.MM.yyyy') with the form that it has",
}


def mend(wanted: ValueType, given: ValueType, text: str) -> str:
    """How to write an expression so that it has the type wanted, as the end of a message; empty if there is no way."""
    if given is ValueType.STRING and wanted in _MEND:
        return ": write " + _MEND[wanted].format(text)
    return ""


class _Reader:
    """Turns sqlglot's tree into ours, noting every mistake; what is wrong becomes unknown, so that it is told once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.mistakes: list[Mistake] = []
        self.is_too_deep = False
        self._depth = 0

    def read(self, node: Any, *, in_aggregate: bool) -> Expression:
        if self._depth == MAX_DEPTH:
            self.is_too_deep = True
            return _UNKNOWN
        self._depth += 1
        expression = _READERS.get(type(node), _Reader.refuse)(self, node, in_aggregate)
        self._depth -= 1
        return expression

    def paren(self, node: exp.Paren, in_aggregate: bool) -> Expression:
        return self.read(node.this, in_aggregate=in_aggregate)

    def _note(self, node: Any, message: str, suggestion: str | None = None) -> Expression:
        self.mistakes.append(Mistake(_offset(node), message, suggestion))
        return _UNKNOWN

    def refuse(self, node: Any, _: bool) -> Expression:
        otherwise = f"'{node.sql()[:40]}' is not allowed in an expression"
        return self._note(node, next((text for kind, text in _REFUSED if isinstance(node, kind)), otherwise))

    def column(self, node: exp.Column, in_aggregate: bool) -> Expression:
        name = node.name
        if node.table or name not in self.scope.columns:
            written = f"{node.table}.{name}" if node.table else name
            return self._note(node, f"unknown column '{written}'", nearest(written, self.scope.columns))
        if not in_aggregate:
            return self._note(
                node, f"'{name}' may differ between the rows of a group: write first({name}), or another aggregate"
            )
        return ColumnValue(name)

    def constant(self, node: exp.Boolean | exp.Null, _: bool) -> Expression:
        return Literal(bool(node.this), ValueType.BOOLEAN) if isinstance(node, exp.Boolean) else _NULL

    def literal(self, node: exp.Literal, _: bool) -> Expression:
        text = str(node.this)
        if node.is_string:
            return Literal(text, ValueType.STRING)
        if text.isdecimal() and len(text) <= 18:
            return Literal(int(text), ValueType.INTEGER)
        whole, fraction = [*text.split(".", 1), ""][:2]
        if (whole + fraction).isdecimal() and len(whole) <= 18 and len(fraction) <= 12:
            return Literal(Decimal(text), ValueType.DECIMAL)
        return self._note(node, f"'{text[:40]}' is not a plain number")

    # ── operators ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def operator(self, node: Any, in_aggregate: bool) -> Expression:
        name = _OPERATORS[type(node)]
        nodes = [node.this] if isinstance(node, (exp.Not, exp.Neg)) else [node.left, node.right]
        if name in COMPARISONS:
            return self._compared(name, node, nodes, in_aggregate)
        arguments = [self.read(part, in_aggregate=in_aggregate) for part in nodes]
        if name in {*ARITHMETIC, "neg"}:
            self._expect(nodes, arguments, NUMBER)
            return Call(name, tuple(arguments), self._common(node, arguments))
        if name == "||":
            self._expect(nodes, arguments, TEXT_OR_INTEGER)
            return Call("||", tuple(arguments), ValueType.STRING)
        if name == "like":
            self._expect(nodes, arguments, TEXT)
            if not isinstance(arguments[1], Literal):
                self._note(node, "the pattern of like must be a text in quotes")
            like = Call("like", tuple(arguments), ValueType.BOOLEAN)
            return Call("not", (like,), ValueType.BOOLEAN) if node.args.get("negate") else like
        self._expect(nodes, arguments, CONDITION)
        return Call(name, tuple(arguments), ValueType.BOOLEAN)

    def _compared(self, name: str, node: Any, nodes: list[Any], in_aggregate: bool) -> Expression:
        arguments = [self.read(part, in_aggregate=in_aggregate) for part in nodes]
        for argument in arguments:
            if argument.type is ValueType.NULL:
                return self._note(node, "nothing is ever equal to null: write x is null or x is not null")
        kinds = {argument.type for argument in arguments} - {ValueType.UNKNOWN}
        if len(kinds) > 1 and not kinds <= NUMBER:
            typed = min(kinds - {ValueType.STRING})
            text = next(
                (
                    part.sql()
                    for part, argument in zip(nodes, arguments, strict=True)
                    if argument.type is ValueType.STRING
                ),
                "",
            )
            compared = " is compared with ".join(sorted(kind.spoken for kind in kinds))
            return self._note(node, f"{compared}{mend(typed, ValueType.STRING, text)}")
        if name not in {"=", "<>", "in"} and not kinds <= ORDERED:
            return self._note(node, f"'{name}' needs values that have an order")
        return Call(name, tuple(arguments), ValueType.BOOLEAN)

    def is_in(self, node: exp.In, in_aggregate: bool) -> Expression:
        if not node.expressions:
            return self._note(node, "after 'in' comes a list of values in parentheses")
        return self._compared("in", node, [node.this, *node.expressions], in_aggregate)

    def between(self, node: exp.Between, in_aggregate: bool) -> Expression:
        return self._compared("between", node, [node.this, node.args["low"], node.args["high"]], in_aggregate)

    def is_null(self, node: exp.Is, in_aggregate: bool) -> Expression:
        value = self.read(node.this, in_aggregate=in_aggregate)
        if not isinstance(node.expression, exp.Null):
            return self._note(node, "after 'is' comes null or not null")
        return Call("is_null", (value,), ValueType.BOOLEAN)

    def case(self, node: exp.Case, in_aggregate: bool) -> Expression:
        arguments: list[Expression] = []
        for branch in node.args["ifs"]:
            if node.this is None:
                condition = self.read(branch.this, in_aggregate=in_aggregate)
                self._expect([branch.this], [condition], CONDITION)
            else:
                condition = self._compared("=", branch.this, [node.this, branch.this], in_aggregate)
            arguments += [condition, self.read(branch.args["true"], in_aggregate=in_aggregate)]
        default = node.args.get("default")
        arguments.append(_NULL if default is None else self.read(default, in_aggregate=in_aggregate))
        return Call("case", tuple(arguments), self._common(node, [*arguments[1:-1:2], arguments[-1]]))

    def _expect(self, nodes: Iterable[Any], arguments: Iterable[Expression], types: Collection[ValueType]) -> None:
        for node, argument in zip(nodes, arguments, strict=True):
            if argument.type not in {*types, ValueType.NULL, ValueType.UNKNOWN}:
                wanted = ValueType.DECIMAL if ValueType.DECIMAL in types else min(types)
                spoken = _SPOKEN.get(frozenset(types)) or " or ".join(sorted(kind.spoken for kind in types))
                hint = mend(wanted, argument.type, node.sql())
                self._note(node, f"{spoken} is needed here, and this is {argument.type.spoken}{hint}")

    def _common(self, node: Any, results: Iterable[Expression]) -> ValueType:
        kinds = {result.type for result in results}
        if ValueType.UNKNOWN in kinds:
            return ValueType.UNKNOWN
        kinds -= {ValueType.NULL}
        if not kinds:
            return ValueType.NULL
        if len(kinds) == 1:
            return kinds.pop()
        if kinds == NUMBER:
            return ValueType.DECIMAL
        if kinds <= {ValueType.REFERENCE, ValueType.STRING, ValueType.INTEGER}:
            return ValueType.REFERENCE if ValueType.REFERENCE in kinds else ValueType.STRING
        self._note(node, f"the results are of several types: {', '.join(sorted(kind.spoken for kind in kinds))}")
        return ValueType.UNKNOWN

    # ── functions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, node: exp.Anonymous, in_aggregate: bool) -> Expression:
        name = str(node.this).lower()
        function = FUNCTIONS.get(name)
        if function is None:
            return self._note(node, f"unknown function '{name}'", nearest(name, FUNCTIONS))
        if function.is_aggregate and (not self.scope.may_aggregate or in_aggregate):
            reason = (
                "aggregates do not stand inside each other"
                if self.scope.may_aggregate
                else "needs group: true, and a field outside the key"
            )
            return self._note(node, f"{name}: {reason}")
        if function.name in {"row_number", "sequence_within"} and not in_aggregate:
            return self._note(
                node, f"{name} differs between the rows of a group: write first({name}(…)), or another aggregate"
            )
        arguments = [self.read(part, in_aggregate=in_aggregate or function.is_aggregate) for part in node.expressions]
        before = len(self.mistakes)
        self._check_arguments(node, function, arguments)
        if len(self.mistakes) > before:
            return _UNKNOWN
        result = function.result if function.result is not None else self._common(node, arguments)
        return Call(name, tuple(arguments), result)

    def _check_arguments(self, node: exp.Anonymous, function: Function, arguments: list[Expression]) -> None:
        parameters = list(function.parameters)
        while parameters and parameters[-1].is_repeated and len(parameters) < len(arguments):
            parameters.append(parameters[-1])
        fewest = sum(not parameter.is_optional for parameter in function.parameters)
        if not fewest <= len(arguments) <= len(parameters):
            self._note(node, f"{function.name} is written {function.signature}, like {function.example}")
            return
        for part, argument, parameter in zip(node.expressions, arguments, parameters, strict=False):
            self._check_argument(part, argument, parameter)
        if function.name == "lookup" and isinstance(arguments[1], Literal):
            vocabulary = str(arguments[1].value)
            if vocabulary not in self.scope.vocabularies:
                guess = nearest(vocabulary, self.scope.vocabularies)
                self._note(node.expressions[1], f"unknown vocabulary '{vocabulary}'", guess)
        if (
            function.name in {"decimal", "boolean"}
            and len(arguments) == len(parameters)
            and arguments[1] == arguments[2]
        ):
            self._note(node, f"{function.name}: '{literal_text(arguments[1])}' can not mean both")

    def _check_argument(self, node: Any, argument: Expression, parameter: Parameter) -> None:
        if parameter.check is None:
            self._expect([node], [argument], parameter.types)
        elif not isinstance(argument, Literal) or argument.type not in parameter.types:
            kind = "a text in quotes" if ValueType.STRING in parameter.types else "a number"
            self._note(node, f"{parameter.name} must be {kind}, written out")
        elif bad := parameter.check(str(argument.value)):
            self._note(node, bad.message, bad.suggestion)


_READERS: Mapping[type[Any], Callable[[_Reader, Any, bool], Expression]] = {
    exp.Paren: _Reader.paren,
    exp.Column: _Reader.column,
    exp.Literal: _Reader.literal,
    exp.Boolean: _Reader.constant,
    exp.Null: _Reader.constant,
    exp.Anonymous: _Reader.call,
    exp.Case: _Reader.case,
    exp.Is: _Reader.is_null,
    exp.In: _Reader.is_in,
    exp.Between: _Reader.between,
    **dict.fromkeys(_OPERATORS, _Reader.operator),
}


def _offset(node: exp.Expression) -> int:
    """Where the node's text begins; 0 where sqlglot does not tell."""
    return min((part.meta["start"] for part in node.walk() if "start" in part.meta), default=0)


def _syntax(text: str, error: sqlglot.errors.SqlglotError) -> Mistake:
    details = getattr(error, "errors", None) or [{}]
    start = len(details[0].get("start_context") or "")
    description = str(details[0].get("description") or "it can not be read").rstrip(".")
    found = str(details[0].get("highlight") or "")
    at = f" at '{found[:40]}'" if found else ""
    return Mistake(start if len(text) < 100 else 0, f"not an expression: {description[0].lower()}{description[1:]}{at}")
