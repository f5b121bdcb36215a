from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from lakehouse import session
from lakehouse.errors import ConfigurationError, IntegrityError
from lakehouse.session import _without_vector_module, java_home, open_session
from lakehouse.session_settings import SEMANTICS


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("sial", "unknown engine 'sial': it is sail, spark or an address sc://host:port (did you mean 'sail'?)"),
        ("duckdb", "unknown engine 'duckdb'"),
        ("", "unknown engine ''"),
    ],
)
def test_unknown_engine_is_told_with_the_nearest(engine: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as raised, open_session(engine):
        pass
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("engine", "missing", "extra"), [("sail", "pysail", "sail"), ("sc://localhost:1", "grpc", "sail")]
)
def test_missing_engine_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, engine: str, missing: str, extra: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(ConfigurationError, match=rf"pip install 'lakehouse\[{extra}\]'"), open_session(engine):
        pass


def test_client_without_spark_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_spark_release", lambda: "4.1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'lakehouse\[spark\]'"), open_session("spark"):
        pass


def test_unsupported_spark_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyspark.__version__", "3.4.2")
    with pytest.raises(ConfigurationError, match=r"Spark 3\.4\.2 is not supported: it is one of 3\.5, 4\.1"):
        session._spark_release()


class TestJava:
    """Which Java runs a local Spark."""

    @pytest.fixture(autouse=True)
    def nothing_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
        monkeypatch.setattr(session, "_spark_release", lambda: "4.1")
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    def install(self, home: Path, version: str) -> Path:
        java = home / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
        java.chmod(0o755)
        return home

    def test_is_the_one_java_home_names(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.install(tmp_path / "path", "17.0.15")
        monkeypatch.setenv("JAVA_HOME", str(self.install(tmp_path / "home", "21.0.1")))
        assert java_home() == tmp_path / "home"

    @pytest.mark.parametrize("version", ["1.8.0_402", "11.0.2", "25"])
    def test_is_no_release_that_spark_does_not_run_on(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
    ) -> None:
        self.install(tmp_path / "path", "17.0.15")
        monkeypatch.setenv("JAVA_HOME", str(self.install(tmp_path / "home", version)))
        assert java_home() == tmp_path / "path"

    def test_is_told_where_there_is_none(self) -> None:
        with pytest.raises(ConfigurationError, match=r"no Java 17 or 21 found: set JAVA_HOME, or pip install"):
            java_home()


LEFT_ALONE = """
import time
from lakehouse.session import open_session
with open_session("sail") as session:
    time.sleep(4)
    print(session.range(3).count())
"""


@pytest.mark.parametrize(("seconds", "is_answered"), [(None, True), ("1", False)], ids=["as it is", "one second"])
def test_an_embedded_session_that_is_left_alone_goes_on(
    engine: str, monkeypatch: pytest.MonkeyPatch, seconds: str | None, is_answered: bool
) -> None:
    """That it ends after a second if so told shows that it is what is told that keeps it."""
    if engine != "sail":
        pytest.skip("no other engine is embedded")
    name = "SAIL_SPARK__SESSION_TIMEOUT_SECS"
    monkeypatch.delenv(name, raising=False)
    if seconds is not None:
        monkeypatch.setenv(name, seconds)
    ended = subprocess.run([sys.executable, "-c", LEFT_ALONE], capture_output=True, text=True, check=False)
    assert (ended.stdout == "3\n") is is_answered
    assert ("is not running" in ended.stderr) is not is_answered


def test_session_that_breaks_on_nothing_is_refused() -> None:
    """The check looks at what the engine does, so a session that only says it is in ANSI mode is found out."""

    class Lenient:
        """A session in which every cast succeeds."""

        conf = SEMANTICS

        def sql(self, query: str) -> Lenient:
            self.query = query
            return self

        def collect(self) -> list[tuple[object, ...]]:
            return [("UTC", 0)] if "zone" in self.query else [(None,)]

    with pytest.raises(IntegrityError, match="ANSI"):
        session._agree(Lenient(), SEMANTICS)  # type: ignore[arg-type]


def test_any_connect_server_will_do() -> None:
    server = pytest.importorskip("pysail.spark").SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        with open_session(f"sc://127.0.0.1:{server.listening_address[1]}") as opened:
            assert opened.range(3).count() == 3
    finally:
        server.stop()


def test_one_process_fetches_jars_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ivy tells one of two that its download failed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    fetched = threading.Event()

    def fetch() -> None:
        with session._alone_if(True):
            fetched.set()

    other = threading.Thread(target=fetch)
    with session._alone_if(True):
        other.start()
        assert not fetched.wait(0.3)
        with session._alone_if(False):
            pass
    other.join(10)
    assert fetched.is_set()


def test_process_ends_after_its_session() -> None:
    code = "from lakehouse.session import open_session\nwith open_session('sail') as s: print(s.range(3).count())"
    pytest.importorskip("pysail")
    path = str(Path(session.__file__).parents[1])
    ended = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "3\n"


def test_packaged_java_never_sees_the_module_it_lacks(tmp_path: Path) -> None:
    java = tmp_path / "java 17" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    java.chmod(0o755)

    home = _without_vector_module(java.parent.parent)
    arguments = ["-Xmx1g", "--add-modules=jdk.incubator.vector", "-cp", "a b:c*", "Main"]
    seen = subprocess.run([home / "bin" / "java", *arguments], capture_output=True, text=True, check=True).stdout

    assert seen.splitlines() == ["-Xmx1g", "-cp", "a b:c*", "Main"]
