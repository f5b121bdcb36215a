"""The language of `conf/metrics/*.yml`: one file per mart, one stanza per metric.

A metric is a measure of one fact table (`simple`), or is made of other metrics (`ratio`, `derived`, `growth`). There
are no expressions: tables, fields and metrics are only named, so everything can be checked before an engine starts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from lakehouse.settings import Frozen

NAME = "[a-z][a-z0-9]*(_[a-z0-9]+)*"
"""What names of marts and metrics look like, as a regular expression: they become names of tables and columns."""

Sentence = Annotated[str, StringConstraints(min_length=1, pattern=r"\.\n?$")]


class Aggregate(StrEnum):
    """How the rows of a day, and then the days of a period, become one number."""

    SUM = "sum"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    MIN = "min"
    MAX = "max"


class Format(StrEnum):
    """What a metric's number is, and how it is written."""

    CURRENCY = "currency"
    COUNT = "count"
    NUMBER = "number"
    PERCENT = "percent"


class Status(StrEnum):
    """How far a definition can be relied on."""

    DRAFT = "draft"
    CERTIFIED = "certified"
    DEPRECATED = "deprecated"


class Measure(Frozen):
    """What is measured in the rows of one fact table."""

    table: str = Field(description="Fact table whose rows are measured.")
    date: str = Field(description="Field of the table that says on which business day a row counts.")
    aggregate: Aggregate = Field(description="How rows become a number: sum, count, count_distinct, min or max.")
    field: str | None = Field(None, description="Field that is aggregated; none for count, which counts rows.")
    where: tuple[str, ...] = Field((), description="Boolean fields that must all be true for a row to count.")
    requires: tuple[str, ...] = Field(
        (), description="Further fact tables that must cover a day, or else the day's number is unknown."
    )

    @model_validator(mode="after")
    def _has_field_if_it_needs_one(self) -> Measure:
        if self.aggregate is Aggregate.COUNT and self.field is not None:
            raise ValueError("count counts rows and takes no 'field'; say in 'where' which rows")
        if self.aggregate is not Aggregate.COUNT and self.field is None:
            raise ValueError(f"missing key 'field': {self.aggregate} needs one")
        return self


class Stanza(Frozen):
    """What every metric says of itself, whatever its type."""

    business_name: str = Field(min_length=1, description="Name that people read in reports.")
    description: Sentence = Field(description="What the number means, in plain words, with every choice that was made.")
    format: Format = Field(description="What the number is: currency, count, number or percent.")
    status: Status = Field(Status.DRAFT, description="draft, certified, or deprecated (then with its successor).")
    successor: str | None = Field(None, description="Metric to use instead of a deprecated one.")
    version: int = Field(1, ge=1, description="Grows with every change of what the number means.")
    owner: str | None = Field(None, description="Who decides what it means; the mart's owner where left out.")
    synonyms: tuple[str, ...] = Field((), description="Other names that people use for it.")
    tags: tuple[str, ...] = Field((), description="Words to find it by.")

    @model_validator(mode="after")
    def _has_successor_if_deprecated(self) -> Stanza:
        if (self.status is Status.DEPRECATED) != (self.successor is not None):
            raise ValueError("'status: deprecated' and 'successor' need each other")
        return self


class Simple(Stanza):
    """A measure of one fact table."""

    type: Literal["simple"] = Field(description="A measure of one fact table.")
    measure: Measure = Field(description="What is measured.")


class Ratio(Stanza):
    """One metric over another, both at the grain asked for; null where the denominator is zero."""

    type: Literal["ratio"] = Field(description="One metric over another, both at the grain asked for.")
    numerator: str = Field(description="Metric above the line, simple or derived.")
    denominator: str = Field(description="Metric below the line, simple or derived.")


class Derived(Stanza):
    """A sum of metrics, some of them taken off."""

    type: Literal["derived"] = Field(description="A sum of metrics, some of them taken off.")
    add: tuple[str, ...] = Field(min_length=1, description="Metrics that are added, simple or derived.")
    subtract: tuple[str, ...] = Field((), description="Metrics that are taken off, simple or derived.")


class Growth(Stanza):
    """The change of a metric since the period before, as a share of what it was then."""

    type: Literal["growth"] = Field(description="Change since the period before, as a share of what it was then.")
    of: str = Field(description="Metric whose change it is: simple, ratio or derived.")


Definition = Annotated[Simple | Ratio | Derived | Growth, Field(discriminator="type")]


class MartFile(Frozen):
    """One file: a mart, which is named by the file, and its metrics."""

    title: str = Field(min_length=1, description="Name of the mart that people read.")
    description: Sentence = Field(description="What the mart is for.")
    owner: str = Field(min_length=1, description="Who decides what its metrics mean.")
    metrics: dict[str, Definition] = Field(
        min_length=1,
        description="The metrics by their technical names.",
        json_schema_extra={"propertyNames": {"pattern": f"^{NAME}$"}},
    )


def operands(definition: Definition) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    """The metrics that a definition names, each with where in the stanza it does."""
    match definition:
        case Ratio(numerator=numerator, denominator=denominator):
            return ((("numerator",), numerator), (("denominator",), denominator))
        case Derived(add=add, subtract=subtract):
            return (
                *((("add", n), name) for n, name in enumerate(add)),
                *((("subtract", n), name) for n, name in enumerate(subtract)),
            )
        case Growth(of=of):
            return ((("of",), of),)
        case _:
            return ()


def json_schema() -> dict[str, Any]:
    """JSON Schema of a metric file, for editors that complete and check."""
    return MartFile.model_json_schema()
