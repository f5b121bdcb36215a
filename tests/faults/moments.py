"""The moments of a run at which it can be harmed: before and after each of its commits, manifests and pointers.

Only the libraries' own writes and the object stores are wrapped, in the process that a test started: the product has no
switch for tests, and a script without any of the product has the same moments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

from deltalake import DeltaTable
from pyspark.sql.connect.readwriter import DataFrameWriter

from lakehouse.runs.lease import FILE
from lakehouse.runs.manifest import POINTER, Snapshots
from lakehouse.storage import write
from lakehouse.storage.objects import LocalStore, S3Store
from lakehouse.storage.write import Writer

PUBLISHING = ("manifest", "pointer")
_FILES = {FILE: "lease", POINTER: "pointer"}


@dataclass(frozen=True)
class Moment:
    """Before or after the write of a table (`silver.orders`), the manifest, the pointer or the lease.

    After means: it is stored, and the run does not know yet. Ahead of a write, or of publishing, the run has yet to ask
    for its lease; these moments have no number.
    """

    number: int
    when: str
    what: str
    location: str

    def __str__(self) -> str:
        return f"{self.when} {self.what}"


Act = Callable[[Moment], None]

NO_NUMBER = -1
AHEAD: tuple[tuple[Any, str, Callable[..., str]], ...] = (
    (Writer, "put", lambda _writer, table, *_: str(table)),
    (Writer, "replace", lambda _writer, table, *_: str(table)),
    (Snapshots, "publish", lambda *_: "publishing"),
)


@contextmanager
def at_each_moment(act: Act) -> Iterator[None]:
    """Call `act` at every moment of the runs of this process."""
    numbers = count()

    def around(name: Callable[[str], str], location: Callable[..., str], done: Callable[..., Any]) -> Any:
        def wrapped(*given: Any, **options: Any) -> Any:
            where = location(*given)
            act(Moment(next(numbers), "before", name(where), where))
            result = done(*given, **options)
            act(Moment(next(numbers), "after", name(where), where))
            return result

        return wrapped

    def ahead(what: Callable[..., str], done: Callable[..., Any]) -> Any:
        def wrapped(*given: Any, **options: Any) -> Any:
            act(Moment(NO_NUMBER, "ahead of", what(*given), ""))
            return done(*given, **options)

        return wrapped

    with ExitStack() as patched:

        def replace(owner: Any, attribute: str, name: Callable[[str], str], location: Callable[..., str]) -> None:
            done = getattr(owner, attribute)
            patched.enter_context(patch.object(owner, attribute, around(name, location, done)))

        replace(DataFrameWriter, "save", _table, lambda _writer, path: path)
        replace(write, "write_deltalake", _table, lambda delta, *_: delta.table_uri)
        replace(DeltaTable, "create", _table, lambda uri: uri)
        replace(DeltaTable, "restore", _table, lambda delta, *_: delta.table_uri)
        for owner, attribute, what in AHEAD:
            done = getattr(owner, attribute)
            patched.enter_context(patch.object(owner, attribute, ahead(what, done)))
        for store in (LocalStore, S3Store):
            replace(store, "create", _file, lambda _store, uri, *_: uri)
            replace(store, "replace", _file, lambda _store, uri, *_: uri)
        yield


def _table(location: str) -> str:
    return ".".join(location.rstrip("/").split("/")[-2:])


def _file(location: str) -> str:
    return _FILES.get(location.rpartition("/")[2], "manifest")
