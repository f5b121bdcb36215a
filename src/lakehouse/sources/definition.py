"""What a source's YAML file may say: where its files are, how to read them, how their columns become entities.

These models are the whole language; `docs/sources.md` and the JSON Schema are generated from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag

from lakehouse.settings import Frozen, Zone
from lakehouse.sources.formats import CsvFormat, FileFormat
from lakehouse.sources.parse.plan import ColumnPlan, ParsePlan

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_DRIVE = re.compile(r"[A-Za-z]:|[A-Za-z0-9+.-]+:/")


def _snake_case(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name[:60]}' is not a name: write it in lower case, digits and single underscores")
    return name


def _relative(glob: str) -> str:
    if not glob or glob != glob.strip() or not glob.isprintable():
        raise ValueError("a file pattern is printable text without blanks around it")
    if glob.startswith(("/", "~")) or "\\" in glob or _DRIVE.match(glob) or ".." in glob.split("/"):
        raise ValueError(f"'{glob[:60]}' leads out of the source's landing folder: write it relative to that folder")
    if "%2e" in glob.lower() or "%2f" in glob.lower():
        raise ValueError(f"'{glob[:60]}' hides a path behind percent signs")
    return glob


def _shape(value: object) -> str:
    return "(list)" if isinstance(value, (list, tuple)) else "(single)"


Name = Annotated[str, AfterValidator(_snake_case)]
Glob = Annotated[str, AfterValidator(_relative)]
OneOrMany = Annotated[Annotated[T, Tag("(single)")] | Annotated[tuple[T, ...], Tag("(list)")], Discriminator(_shape)]
Columns = Annotated[
    Annotated[dict[Name, str | None], Tag("(single)")] | Annotated[tuple[Name, ...], Tag("(list)")],
    Discriminator(_shape),
]


class SourceObject(Frozen):
    """A kind of file that the source delivers, and the columns to read from it."""

    files: OneOrMany[Glob] = Field(
        (), description="One or several file patterns (`*`, `?`, `**`), relative to the source's landing folder."
    )
    format: FileFormat = Field(CsvFormat(), description="How the files are written; comma-separated UTF-8 by default.")
    records: str | None = Field(
        None,
        description="JSON only: where the records are, like `orders[]` or `orders[].line_items[]`; by default the "
        "document, or the elements of its array.",
    )
    columns: Columns = Field(
        (),
        description="The columns to read: a list of names, or `name: how the file spells it` (nothing where it is the "
        "same). For JSON that is a path like `customer.id` or `lines[0].sku`; each leading `^` goes out to the record "
        "around this one (`^.id`).",
    )
    optional: tuple[Name, ...] = Field((), description="Columns that a file may lack; they read as null then.")
    like: Name | None = Field(
        None, description="Another object whose keys this one has too, apart from those it states itself."
    )
    required: bool = Field(
        False,
        description="Whether a delivery without such a file is a problem. On the day of the other files what it feeds "
        "is then not known, until the file comes.",
    )
    daily: bool = Field(
        False,
        description="Whether such a file comes for every day, if only with a header. What it feeds is not known on a "
        "day without one, from the first day that one came for to the last that any file of the source is for.",
    )
    max_rejected_share: float = Field(
        0.5, ge=0, le=1, description="A file with a larger share of unreadable records is set aside as a whole."
    )

    @property
    def globs(self) -> tuple[str, ...]:
        return (self.files,) if isinstance(self.files, str) else self.files

    @property
    def column_paths(self) -> Mapping[str, str]:
        """Column name → how the file spells it."""
        if isinstance(self.columns, dict):
            return {name: path or name for name, path in self.columns.items()}
        return {name: name for name in self.columns}

    def plan(self) -> ParsePlan:
        """What the parser has to know; ValueError if no file could satisfy it."""
        columns = tuple(
            ColumnPlan(name, path, required=name not in self.optional) for name, path in self.column_paths.items()
        )
        return ParsePlan(columns, self.format, records=self.records, max_rejected_share=self.max_rejected_share)


class EntityMapping(Frozen):
    """How rows of an object become rows of a silver entity. Every value is an expression over the object's columns."""

    from_: OneOrMany[Name] = Field(alias="from", description="The object, or several objects with the same columns.")
    where: str | None = Field(
        None, description="Condition that a row of this entity satisfies; other rows are not its own."
    )
    group: bool = Field(
        False,
        description="Whether several rows of a file make one row per key. Fields outside the key are then aggregates: "
        "`first(x)`, `last(x)`, `min(x)`, `max(x)`, `sum(x)`, `count(x)`.",
    )
    version: str | None = Field(
        None,
        description="Timestamp or whole number that grows with every change of a key: the greatest is the row that "
        "counts. By default the time at which the file was last modified.",
    )
    complete_per: Name | None = Field(
        None,
        description="Field whose rows are delivered all together: a newer version of an order, say, then replaces all "
        "of its lines.",
    )
    deleted_when: str | None = Field(None, description="Condition under which the row says that its key is gone.")
    fields: dict[str, str] = Field(
        description="Field of the entity → expression. Required are those that can not be null."
    )

    @property
    def objects(self) -> tuple[str, ...]:
        return (self.from_,) if isinstance(self.from_, str) else self.from_


class Source(Frozen):
    """A system that delivers files: a shop, a payment provider, a web analytics tool."""

    source: Name = Field(description="Name of the source, the same as the file's; it begins every identifier.")
    description: str = Field("", description="What the source is, for the documentation.")
    timezone: Zone = Field("UTC", description="Zone of times that are delivered without an offset.")
    objects: dict[Name, SourceObject] = Field(description="The kinds of files that the source delivers.")
    vocabularies: dict[Name, dict[str, str | None]] = Field(
        default_factory=dict,
        description='Named translations for `lookup`: their word → ours, or null for none. `"*"` stands for every '
        "other word; without it an unknown word sets the row aside.",
    )
    entities: dict[str, OneOrMany[EntityMapping]] = Field(
        description="Silver entity → how it is filled; a list where it is filled in several ways."
    )

    def object(self, name: str) -> SourceObject:
        """The object with what it takes over by `like`; KeyError if there is none of that name."""
        own = self.objects[name]
        inherited = self.objects.get(own.like or "")
        if inherited is None:
            return own
        return inherited.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})

    def mappings(self, entity: str) -> tuple[EntityMapping, ...]:
        """The entity's mappings, in the file's order; none if the source does not fill it."""
        found = self.entities.get(entity, ())
        return found if isinstance(found, tuple) else (found,)

    def fed_by(self, object_name: str) -> dict[str, int]:
        """Entities that an object fills, and how many mappings look at each of its records."""
        counts = {
            entity: sum(object_name in mapping.objects for mapping in self.mappings(entity)) for entity in self.entities
        }
        return {entity: count for entity, count in counts.items() if count}
