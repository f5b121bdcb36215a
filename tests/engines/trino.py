"""A Trino server of this machine over a lake's Delta files, and over what AWS Glue's catalog tells of a lake in S3.

It is asked by its REST protocol. `requirements/trino` unpacks it. Athena is Trino inside, so what it answers is what
Athena would.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from lakehouse.semantic.query import Dialect
from tests.object_storage import CREDENTIALS, REGION

JAVA_RELEASE = 24
"""The oldest Java that Trino 476 starts on."""
STARTS_WITHIN = 180.0
DELTA, ATHENA = "delta", "awsdatacatalog"
"""Its catalogs: of Delta tables in folders, and the one that Athena has."""
LAST_CHARACTERS = 3000

_JVM = (
    "-Xmx1500m",
    "-XX:+UseG1GC",
    # Half of what a JVM does in a run of short queries is to optimise itself.
    "-XX:TieredStopAtLevel=1",
    "-Djdk.attach.allowAttachSelf=true",
    "-XX:+EnableDynamicAgentLoading",
    "--add-modules=jdk.incubator.vector",
    "--sun-misc-unsafe-memory-access=allow",
)
_ARROW = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
    "varchar": pa.string(),
}


class TrinoError(Exception):
    """The server did not start, or did not answer."""


@dataclass(frozen=True)
class Trino:
    """Answers SQL by a server, whose tables are called by their plain names."""

    address: str
    schema: str = "default"
    catalog: str = DELTA

    @property
    def dialect(self) -> Dialect:
        return Dialect.TRINO

    @property
    def version(self) -> str:
        return str(self._told(f"{self.address}/v1/info")["nodeVersion"]["version"])

    @property
    def is_ready(self) -> bool:
        try:
            return not self._told(f"{self.address}/v1/info")["starting"]
        except OSError:
            return False

    def run(self, sql: str, tables: Sequence[str] = ()) -> pa.Table:  # noqa: ARG002 - all are registered
        """The rows of the answer; TrinoError with what the server says if there is none."""
        columns: list[dict[str, Any]] = []
        rows: list[list[Any]] = []
        told = self._told(f"{self.address}/v1/statement", sql.encode())
        while True:
            if error := told.get("error"):
                raise TrinoError(f"{error['errorName']}: {error['message']}")
            columns = told.get("columns", columns)
            rows += told.get("data", [])
            if "nextUri" not in told:
                return _table(columns, rows)
            told = self._told(told["nextUri"])

    def register(self, name: str, location: str) -> None:
        """Make a Delta table known by a name; `location` is below the folder that the server was started for."""
        call = f"schema_name => '{self.schema}', table_name => '{name}', table_location => 'local:///{location}'"
        self.run(f"CALL delta.system.register_table({call})")

    def _told(self, address: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {"X-Trino-User": "test", "X-Trino-Catalog": self.catalog, "X-Trino-Schema": self.schema}
        request = urllib.request.Request(address, body, {**headers, "X-Trino-Time-Zone": "UTC"})
        with urllib.request.urlopen(request, timeout=120) as response:
            return dict(json.load(response))


def _table(columns: Sequence[dict[str, Any]], rows: Sequence[Sequence[Any]]) -> pa.Table:
    arrays = []
    for n, column in enumerate(columns):
        type_ = _arrow_type(column["type"])
        values = [_value(row[n], type_) for row in rows]
        arrays.append(pa.array(values, type_))
    return pa.table(arrays, names=[column["name"] for column in columns])


def _arrow_type(name: str) -> pa.DataType:
    kind, _, sizes = name.rstrip(")").partition("(")
    if kind == "decimal":
        precision, scale = map(int, sizes.split(","))
        return pa.decimal128(precision, scale)
    return _ARROW[kind]


def _value(value: Any, type_: pa.DataType) -> Any:
    """A value as JSON has it, as what it is."""
    if value is None:
        return None
    if pa.types.is_decimal(type_):
        return Decimal(value)
    if pa.types.is_date(type_):
        return date.fromisoformat(value)
    if pa.types.is_floating(type_):
        return float(value)
    return value


# ── the server ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def trino(server: Path, folder: Path, work: Path, aws: str) -> Iterator[Trino]:
    """A server that reads Delta tables below `folder` and keeps its own files in `work`, inside of it; it is ended.

    `aws` is the address that Glue and S3 are at.
    """
    port = _free_port()
    _configure(work, folder, server, port, aws)
    started = Trino(f"http://127.0.0.1:{port}")
    command = [
        str(java_home() / "bin" / "java"),
        *_JVM,
        f"-Dconfig={work}/etc/config.properties",
        f"-Dlog.levels-file={work}/etc/log.properties",
        "-cp",
        f"{server.resolve()}/lib/*",
        "io.trino.server.TrinoServer",
    ]
    log = work / "server.log"
    with log.open("wb") as output, subprocess.Popen(command, cwd=work, stdout=output, stderr=output) as process:
        try:
            _wait(started, process, log)
            yield started
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _configure(work: Path, folder: Path, server: Path, port: int, aws: str) -> None:
    files: dict[str, dict[str, object]] = {
        "config.properties": {
            "node.environment": "test",
            "node.id": "one",
            "node.bind-ip": "127.0.0.1",
            "node.internal-address": "127.0.0.1",
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": port,
            "discovery.uri": f"http://127.0.0.1:{port}",
            "plugin.dir": f"{server.resolve()}/plugin",
            "query.max-memory": "700MB",
            "query.max-memory-per-node": "700MB",
            "memory.heap-headroom-per-node": "300MB",
            # The tables are small: what a plan could save is less than what it takes to look for it.
            "optimizer.join-reordering-strategy": "NONE",
            "task.concurrency": "1",
        },
        "log.properties": {"io.trino": "WARN"},
        f"catalog/{ATHENA}.properties": _of_athena(aws),
        f"catalog/{DELTA}.properties": {
            "connector.name": "delta_lake",
            "hive.metastore": "file",
            "hive.metastore.catalog.dir": f"local:///{work.relative_to(folder)}/metastore",
            "fs.native-local.enabled": "true",
            "local.location": folder,
            "delta.register-table-procedure.enabled": "true",
            "delta.table-statistics-enabled": "false",
        },
    }
    for name, settings in files.items():
        file = work / "etc" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    (work / "metastore").mkdir()


def _of_athena(aws: str) -> dict[str, object]:
    key, secret = CREDENTIALS["AWS_ACCESS_KEY_ID"], CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
    return {
        "connector.name": "hive",
        "hive.metastore": "glue",
        "hive.metastore.glue.region": REGION,
        "hive.metastore.glue.endpoint-url": aws,
        "hive.metastore.glue.aws-access-key": key,
        "hive.metastore.glue.aws-secret-key": secret,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": aws,
        "s3.region": REGION,
        "s3.path-style-access": "true",
        "s3.aws-access-key": key,
        "s3.aws-secret-key": secret,
        "hive.partition-projection-enabled": "true",
        "hive.table-statistics-enabled": "false",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(started: Trino, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while not started.is_ready:
        if process.poll() is not None or time.monotonic() > until:
            raise TrinoError(f"Trino did not start:\n{log.read_text(errors='replace')[-LAST_CHARACTERS:]}")
        time.sleep(0.5)


def java_home() -> Path:
    """Home of a Java that Trino starts on: TRINO_JAVA_HOME, JAVA_HOME, where Linux keeps them; TrinoError if none."""
    named = [Path(os.environ[name]) for name in ("TRINO_JAVA_HOME", "JAVA_HOME") if name in os.environ]
    for home in (*named, *sorted(Path("/usr/lib/jvm").glob("*"))):
        if _release(home) >= JAVA_RELEASE:
            return home
    raise TrinoError(f"no Java {JAVA_RELEASE} or newer was found: set TRINO_JAVA_HOME")


def _release(home: Path) -> int:
    """Which Java a home is of, as its file `release` says."""
    told = home / "release"
    lines = told.read_text().splitlines() if told.exists() and (home / "bin" / "java").exists() else []
    versions = [line.partition("=")[2].strip('"') for line in lines if line.startswith("JAVA_VERSION=")]
    return int(versions[0].partition(".")[0]) if versions else 0
