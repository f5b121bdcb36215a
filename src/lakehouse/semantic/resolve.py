"""What follows for each metric from those it is made of: their order, its type, and how its days add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lakehouse.semantic.definition import (
    Aggregate,
    Cohort,
    Cumulative,
    Definition,
    Derived,
    MartFile,
    Measure,
    Offset,
    Ratio,
    Simple,
    operands,
)
from lakehouse.semantic.dimensions import NONE, Dimensions
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.metrics import RATIO, Additivity, Mart, Metric, Metrics
from lakehouse.table import BIGINT


def resolve(files: Mapping[str, MartFile], dimensions: Dimensions = NONE) -> Metrics:
    """The metrics of checked files, each of which stands under the name of its mart."""
    marts = tuple(
        Mart(name, file.title, file.description, file.owner, tuple(file.metrics)) for name, file in files.items()
    )
    definitions = {name: definition for file in files.values() for name, definition in file.metrics.items()}
    mart_of = {name: mart for mart in marts for name in mart.metrics}
    done: dict[str, Metric] = {}
    for name in _ordered(definitions):
        definition = definitions[name]
        terms = [done[operand] for _, operand in operands(definition)]
        done[name] = Metric(
            name=name,
            mart=mart_of[name].name,
            owner=definition.owner or mart_of[name].owner,
            definition=definition,
            type=_type(definition, terms),
            additivity=_additivity(definition, terms),
            is_stored=_is_stored(definition, terms),
        )
    return Metrics(marts, tuple(done.values()), dimensions)


def _ordered(definitions: Mapping[str, Definition]) -> Iterable[str]:
    """The names, each after those it is made of, else in reading order."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in order:
            for _, operand in operands(definitions[name]):
                visit(operand)
            order[name] = None

    for name in definitions:
        visit(name)
    return order


def _type(definition: Definition, terms: Sequence[Metric]) -> str:
    match definition:
        case Simple(measure=measure) if measure.field is not None and not measure.aggregate.is_distinct:
            measured = FACTS[measure.table].table.field(measure.field).type
            return measured if measured.startswith("decimal") else BIGINT
        case Simple():
            return BIGINT
        case Derived():
            return max((term.type for term in terms), key=_scale)
        case Offset() | Cumulative() | Cohort(per=None):
            return terms[0].type
        case _:
            return RATIO


def _scale(type_name: str) -> int:
    """Digits after the point of a decimal(18, scale); whole numbers come before all of them."""
    return -1 if type_name == BIGINT else int(type_name.removesuffix(")").split(",")[1])


def _additivity(definition: Definition, terms: Sequence[Metric]) -> Additivity:
    match definition:
        case Simple(measure=measure) if measure.aggregate.is_distinct:
            return Additivity.PERIOD if _is_flagged(measure) else Additivity.DISTINCT
        case Simple(measure=measure) if measure.aggregate in {Aggregate.MIN, Aggregate.MAX}:
            return Additivity.EXTREME
        case Simple():
            return Additivity.SUM
        case Derived():
            kinds = {term.additivity for term in terms}
            if kinds == {Additivity.SUM}:
                return Additivity.SUM
            return Additivity.PERIOD if kinds <= {Additivity.SUM, Additivity.PERIOD} else Additivity.NONE
        case _:
            return Additivity.NONE


def _is_flagged(measure: Measure) -> bool:
    """Whether the fact flags the first rows of what is counted, in each period."""
    members = FACTS[measure.table].members
    if members is None or measure.aggregate is not Aggregate.COUNT_DISTINCT:
        return False
    is_theirs = (measure.field, measure.date) == (members.key, members.date)
    return is_theirs and set(measure.where) == set(members.where)


def _is_stored(definition: Definition, terms: Sequence[Metric]) -> bool:
    """Whether days of it can be kept: it is of one day, of all rows, and its days tell those of a period."""
    if definition.where:
        return False
    match definition:
        case Simple(measure=measure):
            return not measure.aggregate.is_distinct or _is_flagged(measure)
        case Derived() | Ratio():
            return all(term.is_stored for term in terms)
        case _:
            return False
