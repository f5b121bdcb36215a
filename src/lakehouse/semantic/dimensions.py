"""The language of `conf/dimensions.yml`: by what metrics can be broken down, and what people call it.

Types, descriptions and joins come from the declarations of the tables; here stand names, folders, hierarchies,
geographic roles and orders, and which field it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from lakehouse.configuration import Document
from lakehouse.errors import Problem, nearest
from lakehouse.grain import Grain
from lakehouse.semantic.definition import NAME, Sentence
from lakehouse.semantic.facts import FACTS, TABLES
from lakehouse.semantic.vocabulary import Vocabulary
from lakehouse.settings import Frozen
from lakehouse.table import DATE, INTEGER, STRING
from lakehouse.table import Field as TableField

Name = Annotated[str, StringConstraints(pattern=f"^{NAME}$")]
RESERVED = frozenset(
    {"calendar_date", "currency_code", "period_start", "period_end", "first_date", "last_date", "day", "week", "month"}
    | {"quarter", "year", "periods_since", "cohort_size", "span"}
)


class GeographicRole(StrEnum):
    """What a map makes of it."""

    COUNTRY = "country"
    REGION = "region"
    CITY = "city"


RFM_SEGMENTS = ("champions", "loyal", "new", "promising", "at risk", "lost")
"""What customers are by recency, frequency and money, the best first."""


class DimensionStanza(Frozen):
    """One dimension."""

    name: str = Field(min_length=1, description="Name that people read in reports.")
    folder: str = Field(min_length=1, description="Folder that BI tools list it in.")
    field: str = Field(description="Field it is: table.field, or the field alone that several facts have themselves.")
    description: Sentence | None = Field(
        None, description="What it says; by default what the field's declaration says."
    )
    role: GeographicRole | None = Field(None, description="What a map makes of it: country, region or city.")
    sort: str | None = Field(
        None, description="Field of the same table that orders its values; else they order themselves."
    )
    start_of: Literal["month", "quarter", "year"] | None = Field(
        None, description="Of a date, the first day of its month, quarter or year."
    )
    ages: tuple[int, ...] = Field(
        (), description="Of a year of birth: the first ages of bands, counted in the year of what is measured."
    )
    segments: Literal["rfm"] | None = Field(
        None, description="rfm: of a customer's key, the segment by how lately, often and much was ordered."
    )

    @model_validator(mode="after")
    def _is_one_thing(self) -> DimensionStanza:
        if sum(map(bool, (self.start_of, self.ages, self.segments))) > 1:
            raise ValueError("it is one of 'start_of', 'ages' and 'segments'")
        if list(self.ages) != sorted(set(self.ages)) or any(age <= 0 for age in self.ages):
            raise ValueError("'ages' go up")
        return self


class DimensionsFile(Frozen):
    """The dimensions, and how some of them lead from the whole to its parts."""

    dimensions: dict[str, DimensionStanza] = Field(
        min_length=1,
        description="The dimensions by their technical names.",
        json_schema_extra={"propertyNames": {"pattern": f"^{NAME}$"}},
    )
    hierarchies: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="By name, dimensions from the whole to its parts, or grains of time."
    )


@dataclass(frozen=True)
class Dimension:
    """A dimension with what follows from the declaration of its field; `table` is None for a field of facts."""

    name: str
    stanza: DimensionStanza
    table: str | None
    field: str
    type: str
    description: str
    vocabulary: Vocabulary

    @property
    def title(self) -> str:
        return self.stanza.name

    @property
    def sort(self) -> str | None:
        return self.stanza.sort


@dataclass(frozen=True)
class Dimensions:
    """All dimensions by name, and hierarchies of them."""

    by_name: Mapping[str, Dimension]
    hierarchies: Mapping[str, tuple[str, ...]]

    @property
    def types(self) -> Mapping[str, str]:
        """What conditions can be put on."""
        return {name: dimension.type for name, dimension in self.by_name.items()}

    @property
    def vocabularies(self) -> Mapping[str, Vocabulary]:
        """What the words of each can be."""
        return {name: dimension.vocabulary for name, dimension in self.by_name.items()}

    def meant(self, name: str) -> str | None:
        """The dimension whose name or title is nearest."""
        words = {dimension.title: dimension.name for dimension in self.by_name.values()}
        words |= {each.replace("_", " "): each for each in self.by_name}
        found = nearest(name.replace("_", " "), words)
        return None if found is None else words[found]


NONE = Dimensions({}, {})


def resolve_dimensions(file: DimensionsFile) -> Dimensions:
    """The dimensions of a checked file."""
    found = {}
    for name, stanza in file.dimensions.items():
        table, field = _place(stanza.field)
        declared = _declared(table, field)
        description = (stanza.description or declared.description).strip()
        found[name] = Dimension(
            name, stanza, table, field, _type(stanza, declared), description, _vocabulary(stanza, declared)
        )
    return Dimensions(found, file.hierarchies)


def _type(stanza: DimensionStanza, declared: TableField) -> str:
    return STRING if stanza.ages or stanza.segments else declared.type


def _vocabulary(stanza: DimensionStanza, declared: TableField) -> Vocabulary:
    if stanza.segments:
        return Vocabulary(RFM_SEGMENTS)
    return Vocabulary(age_bands(stanza.ages)) if stanza.ages else Vocabulary(declared.values, declared.form)


def age_bands(starts: Sequence[int]) -> tuple[str, ...]:
    """Names of the bands of ages that begin at 0 and at each of `starts`."""
    ends = [f"-{start - 1}" for start in starts] + ["+"]
    return tuple(f"{start}{end}" for start, end in zip((0, *starts), ends, strict=True))


def _place(text: str) -> tuple[str | None, str]:
    table, _, field = text.rpartition(".")
    return table or None, field


def _declared(table: str | None, field: str) -> TableField:
    """The declaration of a field, of a table or of the first fact that has it."""
    tables = [fact.table for fact in FACTS.values()] if table is None else [TABLES[table]]
    return next(each.field(field) for each in tables if field in each.field_names)


# ── what is wrong ─────────────────────────────────────────────────────────────────────────────────────────────────────


def check_dimensions(document: Document, file: DimensionsFile) -> Iterator[Problem]:
    """Every mistake beyond the file's shape: unknown tables, fields and dimensions, and wrong types."""
    for name, stanza in file.dimensions.items():
        if name in RESERVED:
            message = f"'{name}' is a column or a grain of its own in every answer"
            yield document.problem(("dimensions", name), message, at_key=True)
        yield from _stanza(document, ("dimensions", name), stanza)
    for name, levels in file.hierarchies.items():
        # Of time the levels are the grains that questions have.
        known = list(Grain) if levels and levels[0] in set(Grain) else file.dimensions
        for n, level in enumerate(levels):
            if level not in known:
                message = f"unknown {'grain' if known is not file.dimensions else 'dimension'} '{level}'"
                yield document.problem(("hierarchies", name, n), message, nearest(level, known))


def _stanza(document: Document, place: tuple[str, ...], stanza: DimensionStanza) -> Iterator[Problem]:
    table, field = _place(stanza.field)
    if table is not None and table not in TABLES:
        message = f"'{table}' is no fact and no dimension that facts refer to"
        yield document.problem((*place, "field"), message, nearest(table, TABLES))
        return
    known = _fields(table)
    for key, named in (("field", field), ("sort", stanza.sort)):
        if named is not None and named not in known:
            message = f"{table} has no field '{named}'" if table else f"no fact has a field '{named}'"
            yield document.problem((*place, key), message, nearest(named, known))
    if field not in known:
        return
    type_name = known[field]
    if type_name.startswith("decimal"):
        message = f"'{field}' is a number that is measured, and nothing to break numbers down by"
        yield document.problem((*place, "field"), message)
    for key, needed, given in (
        ("start_of", DATE, stanza.start_of),
        ("ages", INTEGER, stanza.ages),
        ("segments", STRING, stanza.segments),
    ):
        if given and type_name != needed:
            yield document.problem((*place, key), f"'{field}' is {type_name}: '{key}' is made of {needed}")
    if stanza.segments and (table, field) != ("dim_customers", "customer_key"):
        yield document.problem((*place, "field"), "rfm is of dim_customers.customer_key")


def _fields(table: str | None) -> Mapping[str, str]:
    tables = [fact.table for fact in FACTS.values()] if table is None else [TABLES[table]]
    return {field.name: field.type for each in tables for field in each.fields}
