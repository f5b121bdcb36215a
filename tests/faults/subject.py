"""Who is put to the test: something that loads deliveries into a lake, a process per run, and that can be read.

Two subjects take the same faults: lakehouse, with the smallest shop that has every way of loading, and the plain script
of the benchmarks, with the made-up shop that it is written for.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from benchmarks.plain_spark import build
from benchmarks.plain_tables import TABLES
from lakehouse.errors import LakehouseError
from lakehouse.generate import generate
from lakehouse.runs.snapshot import open_snapshot
from lakehouse.runs.workspace import CHECKOUT
from lakehouse.session import open_session
from lakehouse.settings import Storage
from tests.object_storage import REGION
from tests.runs.small_shop import LOADED_ONCE, SOURCE, WAY, SmallShop, small_model

Tables = Mapping[str, Counter[str]]
"""Every table that readers get, as its rows and how often each is there."""


class Subject(Protocol):
    """A landing folder and a lake, below one folder; picklable, as its runs are processes of their own."""

    @property
    def name(self) -> str: ...

    @property
    def folder(self) -> Path: ...

    def deliver(self, day: int) -> None:
        """Put the files of day 1 or 2 into landing."""

    def command(self, *arguments: str) -> None:
        """In a process of its own: `run` loads what was delivered; ends with SystemExit."""

    def read(self) -> Tables | None:
        """What a reader gets now; None where that can not be read."""

    @property
    def lake(self) -> Path: ...


@dataclass(frozen=True)
class Lakehouse:
    """The product by its command line, with a small model; its lake in a folder, or in a bucket if `root` says so."""

    folder: Path
    lake_folder: Path | None = None
    root: str | None = None
    endpoint: str | None = None
    lease_seconds: int = 180
    name: str = "lakehouse"

    @property
    def lake(self) -> Path:
        return self.lake_folder or self.folder / "lake"

    @property
    def location(self) -> str:
        return self.root or str(self.lake)

    @property
    def storage(self) -> Storage:
        return (
            Storage(endpoint_url=self.endpoint, region=REGION, lease_seconds=self.lease_seconds)
            if self.root
            else Storage()
        )

    @property
    def shop(self) -> SmallShop:
        return SmallShop(None, "sail", self.folder)  # type: ignore[arg-type]  # its runs open a session of their own

    def deliver(self, day: int) -> None:
        self.shop.deliver_first() if day == 1 else self.shop.deliver_second()

    def command(self, *arguments: str) -> None:
        with small_model():
            self._main(*arguments, source=self._source())

    def _main(self, *arguments: str, source: str) -> None:
        from lakehouse.cli.app import main

        run = ["--landing", str(self.folder / "landing"), "--source", source, "--json"]
        options = ["--conf", str(self._configuration()), "--env", "faults", "--lake", self.location]
        main([*arguments, *options, *(run if arguments[0] == "run" else [])])

    def read(self) -> Tables | None:
        try:
            snapshot = open_snapshot(self.location, self.storage)
            return {
                name: _rows(snapshot.dataset(name).to_table().to_pylist())
                for name in snapshot.tables
                if not name.startswith("runs.")
            }
        except (LakehouseError, OSError, pa.ArrowException):
            return None

    def _source(self) -> str:
        path = self.folder / "corner.yml"
        path.write_text(SOURCE)
        return str(path)

    def _configuration(self) -> Path:
        folder = self.folder / "conf"
        if not folder.exists():
            (folder / "environments").mkdir(parents=True)
            for name in ("metrics", "sources"):
                (folder / name).symlink_to(CHECKOUT / name)
        settings = {
            "business": {"timezone": "Europe/Berlin", "currency": "EUR"},
            "storage": self.storage.model_dump(mode="json", exclude_none=True),
        }
        (folder / "environments" / "faults.yml").write_text(json.dumps(settings))
        return folder


@dataclass(frozen=True)
class FullLakehouse(Lakehouse):
    """The product with all its tables, KPIs too, and the made-up shop."""

    def deliver(self, day: int) -> None:
        deliver_generated(self.folder, day)

    def command(self, *arguments: str) -> None:
        self._main(*arguments, source="demo_shop")


@dataclass(frozen=True)
class PlainScript:
    """The benchmark's plain PySpark script; its readers read the latest version of each table, as there is no other."""

    folder: Path
    lake_folder: Path | None = None
    name: str = "plain script"

    @property
    def lake(self) -> Path:
        return self.lake_folder or self.folder / "lake"

    def deliver(self, day: int) -> None:
        deliver_generated(self.folder, day)

    def command(self, *_arguments: str) -> None:
        with open_session("sail") as spark:
            build(spark, self.folder / "landing", self.lake)

    def read(self) -> Tables | None:
        try:
            return {
                f"{table.layer}.{table.name}": _rows(
                    DeltaTable(self.lake / table.layer / table.name).to_pyarrow_table().to_pylist()
                )
                for table in TABLES
                if table.name != "dim_dates"
            }
        except (TableNotFoundError, OSError, pa.ArrowException):
            return None


def deliver_generated(folder: Path, day: int) -> None:
    """A day of the made-up shop into the folder's landing."""
    everything = folder / "generated"
    if not everything.exists():
        generate(everything, 2, 8, 7, date(2026, 1, 1), 0.0)
    for path in everything.glob(f"*/*{date(2026, 1, day):%Y-%m-%d}.csv*"):
        target = folder / "landing" / path.relative_to(everything)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


_TECHNICAL = {*LOADED_ONCE, *WAY}


def _rows(rows: list[dict[str, object]]) -> Counter[str]:
    return Counter(str({name: value for name, value in row.items() if name not in _TECHNICAL}) for row in rows)


@dataclass(frozen=True)
class Difference:
    """How far tables are from those of a clean run."""

    lost: int = 0
    surplus: int = 0
    where: tuple[str, ...] = field(default=(), compare=False)


def difference(clean: Tables, found: Tables | None) -> Difference:
    """Rows of a clean run that are not there, and rows that a clean run has not, or not so often."""
    got = found or {}
    lost = {name: rows - got.get(name, Counter()) for name, rows in clean.items()}
    surplus = {name: rows - clean.get(name, Counter()) for name, rows in got.items()}
    where = tuple(sorted({name for side in (lost, surplus) for name, rows in side.items() if rows}))
    return Difference(
        sum(rows.total() for rows in lost.values()), sum(rows.total() for rows in surplus.values()), where
    )
