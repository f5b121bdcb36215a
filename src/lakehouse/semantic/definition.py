"""The language of `conf/metrics/*.yml`: one file per mart, one stanza per metric.

A metric is a measure of one fact table (`simple`), or is made of other metrics (`ratio`, `derived`), or sees one at
another time (`growth`, `offset`, `cumulative`, `cohort`). Tables, fields, dimensions and metrics are only named, and
conditions are of a closed language, so everything can be checked before an engine starts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from lakehouse.grain import Grain
from lakehouse.semantic.comparison import COMPARISONS, Comparison
from lakehouse.settings import Frozen

NAME = "[a-z][a-z0-9]*(_[a-z0-9]+)*"
"""What names of marts and metrics look like, as a regular expression: they become names of tables and columns."""

EVER = "ever"

Sentence = Annotated[str, StringConstraints(min_length=1, pattern=r"\.\n?$")]


def _known_comparison(name: str) -> str:
    return str(Comparison.parse(name))


Against = Annotated[
    str,
    AfterValidator(_known_comparison),
    Field(description="Period to look at.", json_schema_extra={"enum": [str(each) for each in COMPARISONS]}),
]


class Aggregate(StrEnum):
    """How the rows of a period become one number."""

    SUM = "sum"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    COUNT_REPEATED = "count_repeated"
    """Distinct values that stand in at least two rows of the period."""
    COUNT_RETAINED = "count_retained"
    """Distinct values that stand in rows of the period and of the one before."""
    MIN = "min"
    MAX = "max"

    @property
    def is_distinct(self) -> bool:
        """Whether it counts values, not rows: then parts overlap, and do not add up."""
        return self in {Aggregate.COUNT_DISTINCT, Aggregate.COUNT_REPEATED, Aggregate.COUNT_RETAINED}


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
    aggregate: Aggregate = Field(description="How rows become a number.")
    field: str | None = Field(None, description="Field that is aggregated; none for count, which counts rows.")
    where: tuple[str, ...] = Field(
        (),
        description="Conditions on the table's fields that must all hold for a row to count; a boolean field is one.",
    )
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
    elsewhere: Sentence | None = Field(
        None, description="How other tools (Shopify, Google Analytics, Stripe) define it, where that differs."
    )
    format: Format = Field(description="What the number is: currency, count, number or percent.")
    unit: str | None = Field(
        None, description="What is counted or measured, such as days, where the name does not say."
    )
    where: tuple[str, ...] = Field(
        (), description="Conditions on dimensions that must hold for all that the metric is made of."
    )
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
    finer: tuple[Measure, ...] = Field(
        (), description="The same in finer fact tables, for dimensions that only these have."
    )


class Fraction(Frozen):
    """One metric over another, where a metric is named."""

    numerator: str = Field(description="Metric above the line.")
    denominator: str = Field(description="Metric below the line.")


class Ratio(Stanza):
    """One metric over another, both at the grain asked for; null where the denominator is zero."""

    type: Literal["ratio"] = Field(description="One metric over another, both at the grain asked for.")
    numerator: str = Field(description="Metric above the line; no ratio or growth.")
    denominator: str = Field(description="Metric below the line; no ratio or growth.")


class Derived(Stanza):
    """A sum of metrics, some of them taken off."""

    type: Literal["derived"] = Field(description="A sum of metrics, some of them taken off.")
    add: tuple[str, ...] = Field(min_length=1, description="Metrics that are added, simple or derived.")
    subtract: tuple[str, ...] = Field((), description="Metrics that are taken off, simple or derived.")


class Growth(Stanza):
    """The change of a metric since the period it is compared with, as a share of what it was then."""

    type: Literal["growth"] = Field(description="Change since another period, as a share of what it was then.")
    of: str | Fraction = Field(description="Metric whose change it is, or a numerator and a denominator.")
    against: Against = Field("previous_period")

    @property
    def comparison(self) -> Comparison:
        return Comparison.parse(self.against)


class Offset(Stanza):
    """A metric as it was in the period it is compared with."""

    type: Literal["offset"] = Field(description="A metric as it was in another period.")
    of: str = Field(description="Metric that is looked up.")
    against: Against = Field("previous_period")

    @property
    def comparison(self) -> Comparison:
        return Comparison.parse(self.against)


class Cumulative(Stanza):
    """A metric over a stretch of days that ends with the period's last day that has arrived."""

    type: Literal["cumulative"] = Field(description="A metric over the days up to the end of the period.")
    of: str = Field(description="Metric that is taken over the stretch: simple, derived or ratio.")
    to_date: Grain | Literal["ever"] | None = Field(
        None, description="From the first day of the week, month, quarter or year on, or ever since the first day."
    )
    trailing_days: int | None = Field(None, ge=2, le=3660, description="So many days, the last one included.")

    @model_validator(mode="after")
    def _has_one_stretch(self) -> Cumulative:
        if (self.to_date is None) == (self.trailing_days is None):
            raise ValueError("it needs one of 'to_date' and 'trailing_days'")
        return self


class Cohort(Stanza):
    """A metric of those who began in one period, in each of the periods since."""

    type: Literal["cohort"] = Field(description="A metric of those who began in one period, in each period since.")
    of: str = Field(description="Simple metric that is followed.")
    since: str = Field(description="Date of a dimension that says when its members began, as table.field.")
    per: Literal["member"] | None = Field(None, description="member: as a share of the cohort's size.")


Definition = Annotated[Simple | Ratio | Derived | Growth | Offset | Cumulative | Cohort, Field(discriminator="type")]


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
        case Growth(of=Fraction(numerator=numerator, denominator=denominator)):
            return ((("of", "numerator"), numerator), (("of", "denominator"), denominator))
        case Growth(of=str(of)) | Offset(of=of) | Cumulative(of=of) | Cohort(of=of):
            return ((("of",), of),)
        case _:
            return ()
