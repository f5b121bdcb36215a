"""A database of the AWS Glue Data Catalog, as far as a snapshot needs it."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

from lakehouse.athena.views import POINTER
from lakehouse.errors import IntegrityError, StorageError
from lakehouse.semantic.query import Dialect

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

WRITTEN_BY = {"written_by": "lakehouse"}
"""Parameter of every entry that is written here: no other is ever touched."""


@dataclass(frozen=True)
class Pointer:
    """What readers see, and since when, by the catalog's clock."""

    slot: str
    run_id: str
    moved_at: datetime


@dataclass(frozen=True)
class Catalog:
    """The tables and views of a database; StorageError if it can not be reached or does not allow it."""

    database: str
    region: str | None = None

    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The entries that there are, by name."""
        with self._told("read"):
            pages = self._client.get_paginator("get_tables").paginate(DatabaseName=self.database)
            return {table["Name"]: dict(table) for page in pages for table in page["TableList"]}

    def pointer(self) -> Pointer | None:
        """What readers see; None if nothing was published here."""
        with self._told("read"):
            try:
                entry = self._client.get_table(DatabaseName=self.database, Name=POINTER)["Table"]
            except self._client.exceptions.EntityNotFoundException:
                return None
        slot, run_id = pointed_to(entry["ViewOriginalText"])
        return Pointer(slot, run_id, entry.get("UpdateTime") or entry["CreateTime"])

    def make_database(self, location: str) -> None:
        """Make the database unless it is there."""
        with self._told("make"):
            try:
                self._client.get_database(Name=self.database)
            except self._client.exceptions.EntityNotFoundException:
                self._client.create_database(DatabaseInput={"Name": self.database, "LocationUri": location})

    def put(self, entry: Mapping[str, Any], there: Collection[str]) -> None:
        """Create a table or view, or replace it if its name is `there`."""
        written: Any = {**entry, "Parameters": {**entry["Parameters"], **WRITTEN_BY}}
        with self._told("write"):
            if entry["Name"] in there:
                self._client.update_table(DatabaseName=self.database, TableInput=written, SkipArchive=True)
            else:
                self._client.create_table(DatabaseName=self.database, TableInput=written)

    def remove(self, name: str) -> None:
        with self._told("write"):
            self._client.delete_table(DatabaseName=self.database, Name=name)

    @cached_property
    def _client(self) -> GlueClient:
        import boto3

        return boto3.client("glue", region_name=self.region)

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            reason = error.response["Error"]["Code"]
            raise StorageError(f"could not {verb} the Glue database {self.database}: {reason}") from error
        except BotoCoreError as error:
            raise StorageError(f"could not {verb} the Glue database {self.database}: {error}") from error


def require_own(names: Iterable[str], there: Mapping[str, Mapping[str, Any]], database: str) -> None:
    """IntegrityError that lists the names that somebody else's entries have."""
    if taken := sorted(name for name in names if name in there and not is_own(there[name])):
        raise IntegrityError(f"the database {database} has {', '.join(taken)}, not of a lakehouse: nothing was changed")


def is_own(entry: Mapping[str, Any]) -> bool:
    """Whether an entry was written here."""
    parameters: Mapping[str, str] = entry.get("Parameters", {})
    return WRITTEN_BY.items() <= parameters.items()


def stored_columns(entry: Mapping[str, Any]) -> Mapping[str, str]:
    """The types of an entry's columns, by name."""
    columns = [*entry.get("StorageDescriptor", {}).get("Columns", []), *entry.get("PartitionKeys", [])]
    return {column["Name"]: column["Type"] for column in columns}


def pointed_to(view_text: str) -> tuple[str, str]:
    """The slot and the run that the pointer's text names."""
    told = json.loads(base64.b64decode(view_text.removeprefix("/* Presto View: ").removesuffix(" */")))
    tree = parse_one(told["originalSql"], dialect=Dialect.TRINO.value)
    values = {each.alias: each.this for each in tree.find_all(exp.Alias)}
    return values["slot"].this, values["run_id"].this
