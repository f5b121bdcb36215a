"""What a question is broken down by, or filtered on, as columns of a fact: its own, or of a row that it points to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from lakehouse.semantic.compiler.sql import column, every, is_null, number, text
from lakehouse.semantic.dimensions import RFM_SEGMENTS, Dimension, age_bands
from lakehouse.semantic.facts import CALENDAR, DIMENSION_TABLES, FACTS, Join, path
from lakehouse.table import UNKNOWN_KEY

SEGMENTS = "customer_segments"


def reach(fact: str, dimension: Dimension) -> tuple[Join, ...] | None:
    """The way from a fact to the one row that has the dimension; None if there is no such way."""
    if dimension.table == CALENDAR:
        return ()
    if dimension.table is not None:
        return path(fact, dimension.table)
    owners = [name for name, each in FACTS.items() if dimension.field in each.table.field_names]
    ways = [way for name in owners if (way := path(fact, name)) is not None]
    return min(ways, key=len, default=None)


@dataclass
class Breakdown:
    """A fact of a query with what is joined to it; `date` is the field that says on which day its rows count."""

    fact: str
    date: str
    _joins: dict[str, tuple[exp.Expr, exp.Expr]] = field(default_factory=dict)

    def column(self, dimension: Dimension) -> exp.Expr:
        """The dimension's value of a row of the fact."""
        return self._expression(dimension, self._owner(dimension))

    def key(self, table: str) -> exp.Expr:
        """The key of the row of a table of dimensions that a row of the fact leads to."""
        *before, last = path(self.fact, table) or ()
        return column(last.field, self._along(before))

    def sort(self, dimension: Dimension) -> exp.Expr:
        """What orders the dimension's values."""
        return column(dimension.sort or dimension.field, self._owner(dimension))

    def columns(self, dimensions: Iterable[Dimension]) -> Mapping[str, exp.Expr]:
        return {dimension.name: self.column(dimension) for dimension in dimensions}

    def joined(self, tree: exp.Select) -> exp.Select:
        """The query with all that its columns need; no join adds or drops a row."""
        for alias, (table, on) in self._joins.items():
            tree = tree.join(table.copy(), on=on.copy(), join_type="left", join_alias=alias)
        return tree

    def _owner(self, dimension: Dimension) -> str:
        """Alias of the table that has the dimension, joined if need be."""
        if dimension.table == CALENDAR:
            on = column("calendar_date", CALENDAR).eq(column(self.date, self.fact))
            self._joins.setdefault(CALENDAR, (exp.to_table(CALENDAR), on))
            return CALENDAR
        return self._along(reach(self.fact, dimension) or ())

    def _along(self, way: Iterable[Join]) -> str:
        """Alias of the table at the end of a way, joined with those on it."""
        owner = self.fact
        for join in way:
            alias = join.table
            on = column(join.key, alias).eq(column(join.field, owner))
            self._joins.setdefault(alias, (exp.to_table(join.table), on))
            owner = alias
        return owner

    def _expression(self, dimension: Dimension, owner: str) -> exp.Expr:
        value = column(dimension.field, owner)
        stanza = dimension.stanza
        if stanza.start_of is not None:
            unit = exp.Literal.string(stanza.start_of.upper())
            return exp.cast(exp.func("DATE_TRUNC", unit, value, dialect="duckdb"), "date")
        if stanza.ages:
            year = exp.Extract(this=exp.var("YEAR"), expression=column(self.date, self.fact))
            return _age_band(exp.paren(exp.Sub(this=year, expression=value)), value, stanza.ages)
        if stanza.segments is not None:
            on = column("customer_key", SEGMENTS).eq(value)
            self._joins.setdefault(SEGMENTS, (exp.to_table(SEGMENTS), on))
            return column("segment", SEGMENTS)
        return value


def _age_band(age: exp.Expr, birth: exp.Expr, starts: Sequence[int]) -> exp.Expr:
    case = exp.Case().when(is_null(birth), exp.Null())
    *bands, last = age_bands(starts)
    for start, band in zip(starts, bands, strict=True):
        case = case.when(age.copy() < number(start), text(band))
    return case.else_(text(last))


# ── customer segments ─────────────────────────────────────────────────────────────────────────────────────────────────


def customer_segments() -> exp.Select:
    """A row for each customer who ever ordered: the segment by recency, frequency and money, each a fifth of 1 to 5.

    Customers who are alike have the same score, since those of equal rank count together.
    """
    table = DIMENSION_TABLES["dim_customers"].name
    has_ordered = every([column("order_count") > number(0), column("customer_key").neq(text(UNKNOWN_KEY))])
    scores = exp.select(
        column("customer_key"),
        column("order_count"),
        *(
            _fifth(name).as_(score)
            for name, score in (
                ("last_order_date", "recency"),
                ("order_count", "frequency"),
                ("lifetime_amount", "money"),
            )
        ),
    ).from_(table)
    recency, frequency, money, orders = (column(name) for name in ("recency", "frequency", "money", "order_count"))
    champions, loyal, new, promising, at_risk, lost = map(text, RFM_SEGMENTS)
    segment = (
        exp.Case()
        .when(every([recency >= number(4), frequency >= number(4), money >= number(4)]), champions)
        .when(every([recency >= number(3), orders > number(1)]), loyal)
        .when(recency >= number(4), new)
        .when(recency.eq(number(3)), promising)
        .when(exp.or_(orders > number(1), money >= number(4)), at_risk)
        .else_(lost)
    )
    return exp.select(column("customer_key"), segment.as_("segment")).from_(
        scores.where(has_ordered).subquery("scored")
    )


def _fifth(name: str) -> exp.Expr:
    """1 to 5: how many fifths of all have at most as much, rounded up; in whole numbers, so that no engine rounds."""
    order = exp.Order(expressions=[exp.Ordered(this=column(name), nulls_first=False)])
    upto = exp.WindowSpec(kind="RANGE", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW")
    at_most = exp.Window(this=exp.Count(this=exp.Star()), order=order, spec=upto)
    all_of_them = exp.Window(this=exp.Count(this=exp.Star()))
    case = exp.Case()
    for fifth in (1, 2, 3, 4):
        is_within = exp.Mul(this=at_most.copy(), expression=number(5)) <= exp.Mul(
            this=all_of_them.copy(), expression=number(fifth)
        )
        case = case.when(is_within, number(fifth))
    return case.else_(number(5))
