"""The steps that measure: each fact or KPI table is brought to days and the question's dimensions by itself.

So no join between facts multiplies rows: their numbers meet only when both are at the same grain, one under the other.
`daily` has what adds up, by day, and `attended` who was there, by day; each is brought to periods once, whatever number
of facts it is of, so that a question of many metrics is no longer a plan than one of few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.semantic.compiler.breakdown import SEGMENTS, Breakdown, customer_segments
from lakehouse.semantic.compiler.calendar import Step
from lakehouse.semantic.compiler.columns import counts, known
from lakehouse.semantic.compiler.sql import ONE, column, every, is_not_null, nothing, number, text, union, when
from lakehouse.semantic.conditions import Condition
from lakehouse.semantic.definition import Aggregate
from lakehouse.semantic.dimensions import Dimension, Dimensions
from lakehouse.semantic.metrics import conditions_of
from lakehouse.semantic.span import Span
from lakehouse.semantic.value import Measured
from lakehouse.table import UNKNOWN_KEY

Term = tuple[Measured, str]
"""What is measured, without its span, and the name of its column."""


@dataclass(frozen=True)
class Measures:
    """All that a question measures, each part with its column's name, and where it is read.

    `stored` are those that KPI tables hold: their table and column there.
    """

    names: Mapping[Measured, str]
    stored: Mapping[Measured, tuple[str, str]]
    by: tuple[Dimension, ...]
    where: Condition | None
    dimensions: Dimensions

    @property
    def group(self) -> tuple[str, ...]:
        """Columns of the dimensions, and after them those that order their values."""
        return (*(each.name for each in self.by), *(sort_name(each) for each in self.by if each.sort))

    def steps(self) -> Iterator[Step]:
        """The common table expressions, the last of which is `measured`: a row for each period and members."""
        steps: list[Step] = []
        if daily := self._daily():
            steps += [("daily", union(daily)), ("daily_periods", self._from_days())]
        if attended := self._attended():
            steps += [("attended", union(attended)), ("attending", self._attending())]
            steps.append(("counted_periods", self._counted()))
        if any(SEGMENTS in {table.name for table in step.find_all(exp.Table)} for _, step in steps):
            yield SEGMENTS, customer_segments()
        yield from steps
        yield from self._together([name for name, _ in steps if name.endswith("_periods")])

    def _by_table(self) -> Mapping[str, list[Measured]]:
        groups: dict[str, list[Measured]] = defaultdict(list)
        for part, (table, _) in self.stored.items():
            groups[table].append(part)
        return groups

    def _additive(self) -> Mapping[tuple[str, str], list[Measured]]:
        groups: dict[tuple[str, str], list[Measured]] = defaultdict(list)
        for part in self.names:
            if part not in self.stored and not part.measure.aggregate.is_distinct:
                groups[part.measure.table, part.measure.date].append(part)
        return groups

    def _distinct(self) -> Mapping[tuple[str, str, str], list[Measured]]:
        groups: dict[tuple[str, str, str], list[Measured]] = defaultdict(list)
        for part in self.names:
            measure = part.measure
            if part not in self.stored and measure.aggregate.is_distinct and measure.field is not None:
                groups[measure.table, measure.date, measure.field].append(part)
        return groups

    # ── what adds up ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _daily(self) -> list[exp.Select]:
        """From each fact and KPI table, what adds up, by day and dimensions."""
        tables = [self._from_kpi(table, parts) for table, parts in self._by_table().items()]
        return [*tables, *(self._from_fact(fact, date, parts) for (fact, date), parts in self._additive().items())]

    def _daily_names(self) -> Mapping[str, str]:
        """The columns of what adds up, with their types: the same for all spans."""
        return {self._daily_name(part): part.type for part in self.names if self._is_daily(part)}

    def _is_daily(self, part: Measured) -> bool:
        return part in self.stored or not part.measure.aggregate.is_distinct

    def _daily_name(self, part: Measured) -> str:
        if part in self.stored:
            return self.stored[part][1]
        measured = {other: name for other, name in self.names.items() if other not in self.stored}
        return next(name for other, name in measured.items() if _same_rows(other, part))

    def _from_kpi(self, table: str, parts: Sequence[Measured]) -> exp.Select:
        own = {self._daily_name(part): column(self.stored[part][1], table) for part in parts}
        return exp.select(column("calendar_date", table), *_stacked(own, self._daily_names())).from_(table)

    def _from_fact(self, fact: str, date: str, parts: Sequence[Measured]) -> exp.Select:
        joined = Breakdown(fact, date)
        own = {
            name: exp.cast(self._daily_value(part, joined), part.type)
            for part in parts
            if self.names[part] == (name := self._daily_name(part))
        }
        day = column(date, fact)
        columns = [day.as_("calendar_date"), *self._group(joined), *_stacked(own, self._daily_names())]
        return self._grouped(joined, exp.select(*columns), day)

    def _daily_value(self, part: Measured, joined: Breakdown) -> exp.Expr:
        condition, measure = self._condition(part, joined), part.measure
        counted: exp.Expr = ONE if measure.field is None else column(measure.field, part.measure.table)
        value = counted.copy() if condition is None else when(condition, counted)
        match measure.aggregate:
            case Aggregate.COUNT:
                return exp.Count(this=value)
            case Aggregate.MIN:
                return exp.Min(this=value)
            case Aggregate.MAX:
                return exp.Max(this=value)
            case _:
                return exp.Sum(this=value)

    def _from_days(self) -> exp.Select:
        """What adds up, by period and dimensions."""
        columns = []
        for part in filter(self._is_daily, self.names):
            value: exp.Expr = column(self._daily_name(part), "daily")
            if part not in self.stored:
                value = when(_counts(part), value)
            columns.append(self._aggregated(part, _at(part.span, value)))
        on = column("calendar_date", "daily").eq(column("calendar_date", "days"))
        tree = exp.select(column("period_start", "days"), *self._columns("daily"), *columns).from_("days")
        return tree.join("daily", on=on).group_by(column("period_start", "days"), *self._columns("daily"))

    def _aggregated(self, part: Measured, value: exp.Expr) -> exp.Expr:
        match part.measure.aggregate:
            case Aggregate.MIN:
                total: exp.Expr = exp.Min(this=value)
            case Aggregate.MAX:
                total = exp.Max(this=value)
            case _:
                total = exp.Sum(this=value)
        return exp.cast(total, part.type).as_(self.names[part])

    # ── who was there ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _attended(self) -> list[exp.Select]:
        """From each fact whose members are counted, who was there, by day and dimensions."""
        return [self._members(*key, parts) for key, parts in self._distinct().items()]

    def _rows_names(self) -> Mapping[str, str]:
        """The columns with how many rows a member has on a day."""
        return {self._rows_name(part): "bigint" for part in self.names if not self._is_daily(part)}

    def _rows_name(self, part: Measured) -> str:
        return f"{self._daily_name(part)}_rows"

    def _members(self, fact: str, date: str, field: str, parts: Sequence[Measured]) -> exp.Select:
        joined = Breakdown(fact, date)
        own = {
            name: exp.Count(this=when(condition, ONE) if (condition := self._condition(part, joined)) else exp.Star())
            for part in parts
            if f"{self.names[part]}_rows" == (name := self._rows_name(part))
        }
        day, member = column(date, fact), column(field, fact)
        columns = [day.as_("calendar_date"), *self._group(joined), member.as_("member")]
        tree = self._grouped(joined, exp.select(*columns, *_stacked(own, self._rows_names())), day, member)
        return tree.where(is_not_null(member), member.neq(text(UNKNOWN_KEY)))

    def _attending(self) -> exp.Select:
        """A row for each period and member, with how many rows it has in each span."""
        columns = []
        for part in self.names:
            for span in _spans_of(part) if not self._is_daily(part) else ():
                rows = when(_counts(part), column(self._rows_name(part), "attended"))
                columns.append(exp.Sum(this=_at(span, rows)).as_(self._rows(part, span)))
        keys = [column("period_start", "days"), *self._columns("attended"), column("member", "attended")]
        on = column("calendar_date", "attended").eq(column("calendar_date", "days"))
        return exp.select(*keys, *columns).from_("days").join("attended", on=on).group_by(*(key.copy() for key in keys))

    def _rows(self, part: Measured, span: Span) -> str:
        return f"{self.names[part]}_rows{'_before' if span.before else ''}"

    def _counted(self) -> exp.Select:
        columns = []
        for part in self.names:
            if not self._is_daily(part):
                least = 2 if part.measure.aggregate is Aggregate.COUNT_REPEATED else 1
                counted = every(column(self._rows(part, span)) >= number(least) for span in _spans_of(part))
                columns.append(exp.cast(exp.Count(this=when(counted, ONE)), part.type).as_(self.names[part]))
        keys = [column("period_start"), *map(column, self.group)]
        return exp.select(*keys, *columns).from_("attending").group_by(*(key.copy() for key in keys))

    # ── rows of facts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _condition(self, part: Measured, joined: Breakdown) -> exp.Expr | None:
        """Which rows of the fact are measured."""
        fact = part.measure.table
        own = [
            condition.over({name: column(name, fact) for name in condition.names})
            for condition in conditions_of(part.measure)
        ]
        theirs = [condition.over(self._named(joined, condition)) for condition in part.where]
        return every([*own, *theirs]) if own or theirs else None

    def _named(self, joined: Breakdown, condition: Condition) -> Mapping[str, exp.Expr]:
        return joined.columns(self.dimensions.by_name[name] for name in condition.names)

    def _group(self, joined: Breakdown) -> list[exp.Expr]:
        names = [joined.column(each).as_(each.name) for each in self.by]
        return [*names, *(joined.sort(each).as_(sort_name(each)) for each in self.by if each.sort)]

    def _grouped(self, joined: Breakdown, tree: exp.Select, *keys: exp.Expr) -> exp.Select:
        """The rows of the fact that the question is about, grouped by the keys and the dimensions."""
        condition = None if self.where is None else self.where.over(self._named(joined, self.where))
        tree = joined.joined(tree.from_(joined.fact))
        if condition is not None:
            tree = tree.where(condition)
        return tree.group_by(*(key.copy() for key in keys), *(each.unalias().copy() for each in self._group(joined)))

    def _columns(self, table: str) -> list[exp.Expr]:
        return [column(name, table) for name in self.group]

    # ── together ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _together(self, ends: Sequence[str]) -> Iterator[Step]:
        """The numbers of all sources in one row for each period and, if asked, each member that has any."""
        if not self.group:
            tree = exp.select(column("period_start", "periods"), *map(column, self.names.values())).from_("periods")
            for end in ends:
                on = column("period_start", end).eq(column("period_start", "periods"))
                tree = tree.join(end, on=on, join_type="left")
            yield "measured", tree
            return
        each = union([exp.select(*map(column, self.group)).from_(end) for end in ends]).subquery("each")
        yield "members", exp.select(*map(column, self.group)).from_(each).distinct()
        branches = [self._branch(end) for end in ends]
        spine = exp.select(column("period_start", "periods"), *self._columns("members"), *self._values(())).from_(
            "periods"
        )
        stacked = union([*branches, spine.join("members", join_type="cross")])
        maxima = [exp.Max(this=column(name)).as_(name) for name in self.names.values()]
        tree = exp.select(column("period_start"), *map(column, self.group), *maxima).from_(stacked.subquery("stacked"))
        yield "measured", tree.group_by(column("period_start"), *map(column, self.group))

    def _branch(self, end: str) -> exp.Select:
        own = [name for part, name in self.names.items() if self._end(part) == end]
        return exp.select(column("period_start"), *map(column, self.group), *self._values(own)).from_(end)

    def _end(self, part: Measured) -> str:
        return "daily_periods" if self._is_daily(part) else "counted_periods"

    def _values(self, own: Sequence[str]) -> list[exp.Expr]:
        return _stacked({name: column(name) for name in own}, {name: part.type for part, name in self.names.items()})


def sort_name(dimension: Dimension) -> str:
    """Column that orders a dimension's values."""
    return f"{dimension.name}_order"


def _stacked(own: Mapping[str, exp.Expr], types: Mapping[str, str]) -> list[exp.Expr]:
    """All columns of a union: one branch's own, and nothing in those of the others."""
    return [own[name].as_(name) if name in own else nothing(type_name).as_(name) for name, type_name in types.items()]


def _same_rows(one: Measured, other: Measured) -> bool:
    return (one.metric, one.measure, one.where) == (other.metric, other.measure, other.where)


def _spans_of(part: Measured) -> tuple[Span, ...]:
    """The spans in which a member has to be: of who came back, that before as well."""
    if part.measure.aggregate is Aggregate.COUNT_RETAINED:
        return part.span, before(part.span)
    return (part.span,)


def before(span: Span) -> Span:
    """The period before a span."""
    return Span(span.window, span.comparison, (), before=True)


def _at(span: Span, value: exp.Expr) -> exp.Expr:
    return when(column("span", "days").eq(text(span.name)), value)


def _counts(part: Measured) -> exp.Expr:
    """Whether rows of a day count: the fact has come so far, and all else that is required is known."""
    flags = [
        column(counts(part.measure.table), "days"),
        *(column(known(each), "days") for each in part.measure.requires),
    ]
    return every(flag.eq(ONE) for flag in flags)
