"""A published lake, opened to be asked: `lakehouse.open(...)`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from lakehouse.ask.answer import Answer
from lakehouse.ask.asking import stored
from lakehouse.ask.catalogue import Catalogue, DimensionCard, DimensionCatalogue, MetricCard
from lakehouse.ask.engines import KEPT_PLANS, DuckDB, QueryEngine, SparkEngine
from lakehouse.ask.tables import PublishedTable
from lakehouse.errors import ConfigurationError, Problem, UnknownNameError, nearest
from lakehouse.runs.chain import walk
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import configuration_folder, load_settings
from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.compiler.compile import CompiledQuery, compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Order, Query, Source
from lakehouse.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

Name = str | MetricCard | DimensionCard
Names = Name | Iterable[Name]
Where = str | Mapping[str, object] | None


@dataclass(frozen=True)
class Lake:
    """One published snapshot and the definitions it is asked by.

    All that is read through it is of one run, also while newer ones are published: `at` goes to another.
    """

    snapshot: Snapshot
    definitions: Metrics
    settings: Settings
    engine_name: str = "duckdb"
    _sessions: dict[str, SparkEngine] = field(default_factory=dict, repr=False, compare=False)

    # ── what is there ─────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def metrics(self) -> Catalogue:
        """The metrics, to browse: `lake.metrics`, `lake.metrics.total_revenue`, `lake.metrics.find("conversion")`."""
        return Catalogue(self.definitions)

    @cached_property
    def dimensions(self) -> DimensionCatalogue:
        """What metrics can be broken down by."""
        return DimensionCatalogue(self.definitions.dimensions)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the published tables."""
        return self.snapshot.tables

    @property
    def run_id(self) -> str:
        """The run that published what is read."""
        return self.snapshot.manifest.run_id

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs whose snapshots are kept, newest first; `at` goes to one of them."""
        return tuple(manifest.run_id for manifest in walk(self.snapshot.root, self.snapshot.storage))

    def at(self, run_id: str) -> Lake:
        """The lake as a run before published it, such as `lake.runs[1]`; IntegrityError if its snapshot is not kept."""
        return replace(self, snapshot=open_snapshot(self.snapshot.root, self.snapshot.storage, run_id))

    def table(self, name: str) -> PublishedTable:
        """A published table by its full or its plain name; IntegrityError with the nearest if there is none."""
        self.snapshot.pinned(name)
        return PublishedTable(self.snapshot, name, self._spark)

    # ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def query(  # noqa: PLR0913, PLR0917
        self,
        metrics: Names,
        by: Names = (),
        grain: str = "day",
        where: Where = None,
        compare: str | Iterable[str] = (),
        start: date | str | None = None,
        end: date | str | None = None,
        order: str | Iterable[str] = (),
        limit: int | None = None,
        source: str = "best",
    ) -> Answer:
        """Any metrics by any dimensions, at a grain, under a condition, beside other periods.

        `where` is a condition such as `"country = 'DE' and sales_channel in ('web', 'app')"`, or values by dimension:
        `{"country": ["DE", "AT"]}`. A name in `order` that begins with `-` is in descending order. With
        `source="facts"` facts are read also where KPI tables hold the answer. ConfigurationError with everything in the
        question that is unknown or has no right answer, and the nearest question that has.
        """
        return self.ask(question_of(metrics, by, grain, where, compare, start, end, order, limit, source))

    def ask(self, question: Query) -> Answer:
        """The answer to a question; ConfigurationError as `query`."""
        return Answer(self._compile(question), self._engine(), self.currency, self._spark)

    @cached_property
    def _compile(self) -> Callable[[Query], CompiledQuery]:
        """Compiles a question, or gives what it compiled of it before."""
        columns = stored(self.snapshot, self.definitions)
        return lru_cache(KEPT_PLANS)(lambda question: compile_query(question, self.definitions, columns))

    @cached_property
    def _duckdb(self) -> DuckDB:
        return DuckDB(self.snapshot)

    def sql(self, text: str) -> pa.Table:
        """The rows of SQL over the published tables and the `views`, each called by its plain name.

        It is DuckDB's SQL; of a lake that is opened with `engine="athena"`, Athena's.
        """
        if self.engine_name == "athena":
            return self._engine().run(text, ())
        from lakehouse.ask.sql import over_tables

        return self.snapshot.query(*over_tables(text, self.tables, self.definitions))

    @property
    def views(self) -> tuple[str, ...]:
        """Names of what SQL can select from besides tables: a mart by day to year, and the rows behind its metrics."""
        from lakehouse.semantic.exports.views import names

        return names(self.definitions)

    @property
    def currency(self) -> str:
        """The currency that amounts are in."""
        return self.snapshot.manifest.basis.business.currency

    def _engine(self) -> QueryEngine:
        match self.engine_name:
            case "duckdb":
                return self._duckdb
            case "athena":
                from lakehouse.ask.athena import AthenaEngine

                return AthenaEngine(self.snapshot, self.settings.athena)
            case _:
                return self._spark()

    def _spark(self) -> SparkEngine:
        """The session is opened once for all that is asked, and closed when Python ends."""
        name = self.settings.engine if self.engine_name in {"duckdb", "athena"} else self.engine_name
        if name not in self._sessions:
            import atexit

            from lakehouse.session import open_session

            stack = ExitStack()
            session = stack.enter_context(open_session(name, s3=self.snapshot.storage, options=self.settings.spark))
            atexit.register(stack.close)
            self._sessions[name] = SparkEngine(self.snapshot, session)
        return SparkEngine(self.snapshot, self._sessions[name].session)

    def __repr__(self) -> str:
        what = f"{len(self.definitions.metrics)} metrics, {len(self.tables)} tables"
        return f"<lake {self.snapshot.root} as of run {self.run_id}: {what}>"

    def _repr_html_(self) -> str:
        from lakehouse.ask.html import lake_summary

        return lake_summary(self)


def open_lake(
    location: str | Path | None = None,
    *,
    env: str = "local",
    conf: str | Path | None = None,
    run_id: str | None = None,
    engine: str = "duckdb",
) -> Lake:
    """A published lake: a folder or an s3:// prefix, by default the environment's.

    `engine` is duckdb (in this process, nothing is started), sail, spark, the address of a Spark Connect server, or
    athena (the views in the database that the environment's settings name).
    NothingArrivedError if nothing was published there yet.
    """
    folder = configuration_folder(None if conf is None else Path(conf))
    settings = load_settings(folder, env)
    definitions = load_metrics(folder / "metrics")
    place = str(location) if location is not None else settings.lake
    if place is None:
        raise ConfigurationError("no lake is named: give its location, or set `lake` in the environment's settings")
    return Lake(open_snapshot(place, settings.storage, run_id), definitions, settings, engine)


# ── what people write ─────────────────────────────────────────────────────────────────────────────────────────────────


def question_of(  # noqa: PLR0913, PLR0917
    metrics: Names,
    by: Names = (),
    grain: str = "day",
    where: Where = None,
    compare: str | Iterable[str] = (),
    start: date | str | None = None,
    end: date | str | None = None,
    order: str | Iterable[str] = (),
    limit: int | None = None,
    source: str = "best",
) -> Query:
    """A question as people write it; ConfigurationError with every part that can not be read."""
    problems: list[Problem] = []
    read = _Reading(problems)
    question = {
        "grain": read.one_of("grain", grain, Calendar),
        "by": _names(by),
        "where": _condition(where),
        "compare": read.comparisons(_texts(compare)),
        "start": read.day("start", start),
        "end": read.day("end", end),
        "order": tuple(Order(name.removeprefix("-"), name.startswith("-")) for name in _texts(order)),
        "limit": limit,
        "source": read.one_of("source", source, Source),
    }
    if problems:
        raise ConfigurationError(problems)
    return Query(_names(metrics), **question)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Reading:
    """Reads parts of a question, and notes what can not be read."""

    problems: list[Problem]

    def one_of(self, place: str, name: str, known: type[Calendar | Source]) -> Calendar | Source | None:
        if name in list(known):
            return known(name)
        message = f"unknown {place} '{name}': it is {', '.join(known)}"
        self.problems.append(Problem(place, 0, 0, message, nearest(name, list(known))))
        return None

    def comparisons(self, names: Sequence[str]) -> tuple[Comparison, ...]:
        found = []
        for name in names:
            try:
                found.append(Comparison.parse(name))
            except UnknownNameError as error:
                self.problems.append(Problem("compare", 0, 0, str(error), error.suggestion))
        return tuple(found)

    def day(self, place: str, value: date | str | None) -> date | None:
        if value is None or isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.problems.append(Problem(place, 0, 0, f"'{value}' is no date like 2026-01-31"))
            return None


def _names(named: Names) -> tuple[str, ...]:
    if isinstance(named, str | MetricCard | DimensionCard):
        named = [named]
    return tuple(str(one) for one in named)


def _texts(values: str | Iterable[str]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)


def _condition(where: Where) -> str | None:
    """Values by dimension as the text of a condition."""
    if where is None or isinstance(where, str):
        return where
    parts: list[exp.Expr] = []
    for name, value in where.items():
        column = exp.column(name)
        if value is None:
            parts.append(exp.Is(this=column, expression=exp.Null()))
        elif isinstance(value, str) or not isinstance(value, Iterable):
            parts.append(column.eq(_literal(value)))
        else:
            parts.append(exp.In(this=column, expressions=[_literal(each) for each in value]))
    return exp.and_(*parts).sql(dialect="duckdb") if parts else None


def _literal(value: Any) -> exp.Expr:
    return exp.Literal.string(value.isoformat()) if isinstance(value, date) else exp.convert(value)
