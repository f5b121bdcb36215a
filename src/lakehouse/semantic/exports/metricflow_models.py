"""The semantic models of a MetricFlow manifest: each a table with its keys, its dimensions and what is measured in it.

Rows of a table are an entity, named by the table's key: `customer` for `customer_key`. What several facts say of their
rows, such as a country, is an entity too, without a table of its own: only so has it one name in all of them, and the
ratio of two facts can be broken down by it. Rows that count on a second date of their fact have a second model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlDialect

from lakehouse.semantic.compiler.breakdown import reach
from lakehouse.semantic.compiler.sql import ONE, column, every, text, when
from lakehouse.semantic.definition import Aggregate, Measure
from lakehouse.semantic.dimensions import Dimension, Dimensions
from lakehouse.semantic.facts import CALENDAR, DIMENSION_TABLES, FACTS, TABLES, references
from lakehouse.semantic.metrics import conditions_of
from lakehouse.semantic.query import Dialect
from lakehouse.table import UNKNOWN_KEY, Table

Document = dict[str, Any]
CALENDAR_ENTITY = "calendar_day"
RESERVED = "its name is a word of SQL, and MetricFlow does not quote names"

_WORDS = frozenset(
    word.lower()
    for dialect in (Dialect.DUCKDB, Dialect.TRINO, Dialect.REDSHIFT)
    for word in SqlDialect.get_or_raise(dialect.value).generator_class.RESERVED_KEYWORDS
)
_AGGREGATES = {
    Aggregate.SUM: "sum",
    Aggregate.COUNT: "count",
    Aggregate.COUNT_DISTINCT: "count_distinct",
    Aggregate.MIN: "min",
    Aggregate.MAX: "max",
}


@dataclass(frozen=True)
class Models:
    """The semantic models of all tables in the schema; `measures` are by name, each with what it is called."""

    schema: str
    dimensions: Dimensions
    measures: Mapping[str, tuple[Measure, str]]

    def files(self) -> Mapping[str, Sequence[Document]]:
        """The models of each table, by file name."""
        return {f"{table}.yml": [{"semantic_model": model} for model in self._of(table)] for table in sorted(TABLES)}

    def _of(self, table: str) -> Iterator[Document]:
        if table in DIMENSION_TABLES:
            yield self._model(TABLES[table], table)
            return
        first, *others = dates(table)
        yield self._fact(table, first)
        for date in others:
            if any(_is_at(measure, table, date) for measure, _ in self.measures.values()):
                yield self._fact(table, date)

    def _fact(self, fact: str, date: str) -> Document:
        declared = FACTS[fact].table
        is_first = date == dates(fact)[0]
        model = self._model(declared, fact if is_first else f"{fact}_by_{date}", date)
        time = {"name": date, "type": "time", "description": declared.field(date).description}
        model["dimensions"].append({**time, "type_params": {"time_granularity": "day"}})
        model["defaults"] = {"agg_time_dimension": date}
        model["measures"] = [
            measured(name, measure, title)
            for name, (measure, title) in sorted(self.measures.items())
            if _is_at(measure, fact, date)
        ]
        if not is_first:
            # Whose rows they are, the fact's first model says, where its dimensions are.
            model["primary_entity"] = f"{entity_of(fact)}_by_{date}"
            model["entities"][0]["type"] = "foreign"
            model["dimensions"] = model["dimensions"][-1:]
        return model

    def _model(self, table: Table, name: str, date: str | None = None) -> Document:
        keys = [_entity(entity_of(table.name), "primary", _key(table))]
        keys += [_entity(entity_of(join.table), "foreign", join.field) for join in references(table.name)]
        if date is not None:
            keys.append(_entity(CALENDAR_ENTITY, "foreign", date))
        own = [each for each in self.dimensions.by_name.values() if refusal(each) is None]
        shared = [each for each in own if is_shared(each) and each.field in table.field_names and table.name in FACTS]
        return {
            "name": name,
            "description": table.grain,
            "node_relation": {"schema_name": self.schema, "alias": table.name},
            "entities": [*keys, *(_shared(each) for each in shared)],
            "dimensions": [_dimension(each) for each in own if not is_shared(each) and _home(each) == table.name],
        }


def time_spine(schema: str) -> Document:
    """The configuration that says where the days are."""
    spine = {
        "node_relation": {"schema_name": schema, "alias": CALENDAR},
        "primary_column": {"name": _key(TABLES[CALENDAR]), "time_granularity": "day"},
    }
    return {"project_configuration": {"time_spines": [spine]}}


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def entity_of(table: str) -> str:
    """What a row of the table is called: as its key, without its ending where that leaves no word of SQL.

    A table whose key is that of another has its own name: one entity stands once in a model.
    """
    if any(join.field == _key(TABLES[table]) for join in references(table)):
        return table
    key = CALENDAR_ENTITY if table == CALENDAR else _key(TABLES[table])
    name = key.removesuffix("_key")
    return key if is_reserved(name) else name


def is_reserved(name: str) -> bool:
    """Whether a name is a word of SQL: MetricFlow quotes none, and then an engine does not read what it writes."""
    return name in _WORDS


def dates(fact: str) -> tuple[str, ...]:
    """The business days that a fact's rows can count on."""
    return tuple(field.name for field in FACTS[fact].table.fields if field.references == f"{CALENDAR}.calendar_date")


def is_shared(dimension: Dimension) -> bool:
    """Whether several facts have it themselves."""
    return dimension.table is None and len(_owners(dimension)) > 1


def item(fact: str, dimension: Dimension) -> str | None:
    """What a query groups rows of the fact by to break them down by the dimension; None if they do not lead to it."""
    found = _place(fact, dimension)
    return None if found is None else "__".join((*found, dimension.name))


def reference(fact: str, dimension: Dimension) -> str | None:
    """The dimension of the fact's rows in a filter; None as for `item`."""
    found = _place(fact, dimension)
    if found is None:
        return None
    if is_shared(dimension):
        path = f", entity_path={list(found)}" if found else ""
        return f"{{{{ Entity('{dimension.name}'{path}) }}}}"
    return f"{{{{ Dimension('{'__'.join((*found, dimension.name))}') }}}}"


def refusal(dimension: Dimension) -> str | None:
    """Why no semantic model can have the dimension; None if one can."""
    if is_reserved(dimension.name):
        return RESERVED
    if dimension.stanza.ages:
        return "it is counted from the day of the event, and a dimension sees its own table only"
    if dimension.stanza.segments:
        return "it ranks all customers among each other, and a dimension sees its own row only"
    return None


def _place(fact: str, dimension: Dimension) -> tuple[str, ...] | None:
    """The entities that lead from the fact's rows to the dimension."""
    way = reach(fact, dimension)
    if refusal(dimension) is not None or way is None:
        return None
    if dimension.table == CALENDAR:
        return (CALENDAR_ENTITY,)
    own = () if is_shared(dimension) else (entity_of(fact),)
    return tuple(entity_of(join.table) for join in way) or own


def _owners(dimension: Dimension) -> Sequence[str]:
    return [name for name, fact in FACTS.items() if dimension.field in fact.table.field_names]


def _home(dimension: Dimension) -> str:
    return dimension.table or _owners(dimension)[0]


def _key(table: Table) -> str:
    (key,) = table.primary_key
    return key


def _is_at(measure: Measure, fact: str, date: str) -> bool:
    return (measure.table, measure.date) == (fact, date)


# ── parts of a model ──────────────────────────────────────────────────────────────────────────────────────────────────


def _entity(name: str, kind: str, field: str) -> Document:
    return {"name": name, "type": kind, "expr": field}


def _shared(dimension: Dimension) -> Document:
    """A dimension as an entity, which has no description of its own."""
    told = _told(dimension)
    meta = {**told["config"]["meta"], "description": told.pop("description")}
    return {**_entity(dimension.name, "foreign", dimension.field), **told, "config": {"meta": meta}}


def _dimension(dimension: Dimension) -> Document:
    value: exp.Expr = column(dimension.field)
    if dimension.stanza.start_of is not None:
        unit = exp.Literal.string(dimension.stanza.start_of.upper())
        value = exp.cast(exp.Anonymous(this="DATE_TRUNC", expressions=[unit, value]), "date")
    return {"name": dimension.name, "type": "categorical", "expr": sql(value), **_told(dimension)}


def _told(dimension: Dimension) -> Document:
    stanza = dimension.stanza
    meta = {"folder": stanza.folder, "role": stanza.role and str(stanza.role), "sort": stanza.sort}
    return {
        "label": dimension.title,
        "description": dimension.description,
        "config": {"meta": {key: value for key, value in meta.items() if value is not None}},
    }


def measured(name: str, measure: Measure, title: str) -> Document:
    """A measure: its conditions stand in its expression, so that they are not needed as dimensions."""
    value: exp.Expr = ONE if measure.field is None else column(measure.field)
    conditions = [each.over({field: column(field) for field in each.names}) for each in conditions_of(measure)]
    if measure.aggregate is Aggregate.COUNT_DISTINCT:
        # Who is not known is nobody in particular.
        conditions.append(value.copy().neq(text(UNKNOWN_KEY)))
    expression = when(every(conditions), value) if conditions else value
    return {"name": name, "label": title, "agg": _AGGREGATES[measure.aggregate], "expr": sql(expression)}


def sql(tree: exp.Expr) -> str:
    """SQL that all engines of MetricFlow read alike."""
    return tree.sql(dialect="duckdb")
