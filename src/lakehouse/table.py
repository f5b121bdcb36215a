"""What a table is: its grain, fields, keys, partitions and expectations, declared once as frozen values.

Everything else that is known of a table (Spark and Arrow schema, DDL, checks, documentation, lineage, catalog entry,
test rows) is derived from this declaration in `lakehouse.derive`. Nothing here needs an engine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

STRING = "string"
BINARY = "binary"
BOOLEAN = "boolean"
INTEGER = "int"
BIGINT = "bigint"
DATE = "date"
TIMESTAMP = "timestamp"
AMOUNT = "decimal(18,2)"
UNIT_PRICE = "decimal(18,4)"
QUANTITY = "decimal(18,3)"
RATE = "decimal(18,8)"
STRINGS = "array<string>"

_TYPE = re.compile(r"string|binary|boolean|int|bigint|date|timestamp|decimal\(\d{1,2},\d{1,2}\)|array<string>")
_NAME = re.compile(r"_?[a-z][a-z0-9]*(_[a-z0-9]+)*")

COUNTRY_CODE = "[A-Z]{2}"
CURRENCY_CODE = "[A-Z]{3}"

UNKNOWN_KEY = "-1"
"""Surrogate key of the unknown member of every dimension: what a fact points to when it names nothing at all."""


class Layer(StrEnum):
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    KPI = "kpi"
    QUARANTINE = "quarantine"
    RUNS = "runs"


class Privacy(StrEnum):
    """How personal a field is; `PII_DIRECT` never leaves silver."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PII_INDIRECT = "pii_indirect"
    PII_DIRECT = "pii_direct"


class Severity(StrEnum):
    """What happens when an expectation fails: tell, set the row aside, or forbid publishing."""

    WARN = "warn"
    QUARANTINE = "quarantine"
    BLOCK = "block"


@dataclass(frozen=True)
class Field:
    """One column. `references` names the field it points to as `table.field`; `values` closes its vocabulary,
    `form` (a regular expression) says what all of its words are like.

    `default` is the value (as SQL literal) that a source's mapping may leave out.
    """

    name: str
    type: str
    description: str
    nullable: bool = False
    references: str | None = None
    privacy: Privacy = Privacy.INTERNAL
    values: tuple[str, ...] = ()
    form: str | None = None
    default: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"field name {self.name!r} is not snake_case")
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"field {self.name}: unknown type {self.type!r}")
        if not self.description.endswith("."):
            raise ValueError(f"field {self.name}: the description is a sentence and ends with a full stop")


@dataclass(frozen=True)
class Expectation:
    """A rule every row must satisfy: `predicate` is portable SQL, and null counts as broken."""

    name: str
    predicate: str
    severity: Severity = Severity.BLOCK


@dataclass(frozen=True)
class Table:
    """A table of the lake; `inputs` are the tables its transform reads, in the order of its parameters.

    A run replaces the rows of whole values of `scope_by`; by default that is a primary key of one field.
    """

    layer: Layer
    name: str
    grain: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    inputs: tuple[Table, ...] = ()
    partition_by: tuple[str, ...] = ()
    scope_by: str | None = None
    expectations: tuple[Expectation, ...] = ()

    def __post_init__(self) -> None:
        names = self.field_names
        if len(set(names)) != len(names):
            raise ValueError(f"{self}: a field is declared twice")
        if unknown := {*self.primary_key, *self.partition_by, *filter(None, (self.scope_by,))} - set(names):
            raise ValueError(f"{self}: key or partition names no field: {sorted(unknown)}")
        if nullable := [name for name in self.primary_key if self.field(name).nullable]:
            raise ValueError(f"{self}: a primary key field can not be nullable: {nullable}")

    def __str__(self) -> str:
        return f"{self.layer}.{self.name}"

    @property
    def scope_field(self) -> str:
        """The field by whose values a run replaces rows; ValueError for a table that is only replaced as a whole."""
        if self.scope_by is None and len(self.primary_key) != 1:
            raise ValueError(f"{self} has no scope field")
        return self.scope_by or self.primary_key[0]

    @property
    def field_names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def path(self) -> str:
        """Where the table lies below the lake's root."""
        return f"{self.layer}/{self.name}"

    def field(self, name: str) -> Field:
        """The field of that name; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self} has no field {name!r}")
