"""One run: everything new in landing through to a published snapshot, or nothing at all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from lakehouse.errors import ConfigurationError, InputRejectedError, NothingArrivedError
from lakehouse.kpi.daily import kpi_tables
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.runs.arrivals import Landing, known_files, look
from lakehouse.runs.audit import audit, require_balance, require_quality
from lakehouse.runs.build import build
from lakehouse.runs.catalog import ENTITIES, GOLD, RECORDS, Model, kpi_model
from lakehouse.runs.chain import new_run_id
from lakehouse.runs.context import Follow, Progress, Run
from lakehouse.runs.day_states import states_of
from lakehouse.runs.deliveries import Deliveries, day_of, write_deliveries
from lakehouse.runs.heal import heal, left_behind
from lakehouse.runs.inputs import inputs_of
from lakehouse.runs.lease import Lease, at_work, hold
from lakehouse.runs.load_bronze import FileAccount, has_records, load_bronze, source_table
from lakehouse.runs.load_silver import deliveries, load_silver
from lakehouse.runs.manifest import Balance, Basis, Check, Manifest, PinnedTable, Snapshots
from lakehouse.runs.measured import work_of
from lakehouse.runs.pins import pin_tables
from lakehouse.runs.plan import Plan, plan_of
from lakehouse.runs.rebuild import Rebuild, basis, decide
from lakehouse.runs.report import RunReport, Status, TableReport
from lakehouse.runs.scope import RunScope
from lakehouse.runs.summary import Circumstances, entity_balances, summarise
from lakehouse.runs.workspace import Workspace
from lakehouse.scope import Changes, Keys
from lakehouse.session import open_session
from lakehouse.settings import Engine
from lakehouse.sources.parse.reasons import explain
from lakehouse.spark import SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.storage.objects import is_remote, resolve
from lakehouse.storage.versions import reading
from lakehouse.storage.write import Writer
from lakehouse.table import Layer, Table


@dataclass(frozen=True)
class Request:
    """What a run is asked to do."""

    workspace: Workspace
    lake: str
    landing: str
    engine: str
    full: bool = False


@dataclass
class _Steps:
    """Times each step up to its message, and passes the message on."""

    follow: Follow
    planned: int
    done: list[TableReport] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)
    one_at_a_time: Lock = field(default_factory=Lock)

    def __call__(self, step: str, what: str, seconds: float | None = None) -> None:
        with self.one_at_a_time:
            now = time.monotonic()
            self.done.append(TableReport(step, what, round(now - self.since if seconds is None else seconds, 3)))
            self.since = now
            self.follow(Progress(step, what, len(self.done), max(self.planned, len(self.done))))

    def unplanned(self, step: str, what: str, seconds: float | None = None) -> None:
        self.planned += 1
        self(step, what, seconds)


@dataclass(frozen=True)
class _Task:
    """What a run found to do, before an engine is started."""

    request: Request
    lake: Lake
    base: Manifest | None
    basis: Basis
    rebuild: Rebuild
    landing: Landing
    models: tuple[Model, ...]

    @property
    def is_empty(self) -> bool:
        return self.base is not None and not self.landing.arrivals and self.rebuild.reason is None

    @property
    def bronze(self) -> dict[tuple[str, str], Table]:
        """Every bronze table that the lake can have, by source and object."""
        return {
            (source.source, name): source_table(source, name)
            for source in self.basis.sources.values()
            for name in source.objects
        }

    @property
    def arrived(self) -> list[tuple[str, str]]:
        """(source, object) of which there are new files."""
        return [(arrival.source, arrival.object_name) for arrival in self.landing.arrivals]

    @cached_property
    def to_load(self) -> list[tuple[str, str]]:
        """(source, object) whose bronze rows go into silver: all that there are if silver is made anew."""
        if self.rebuild.silver is None:
            return self.arrived
        return [pair for pair, table in self.bronze.items() if pair in self.arrived or self.lake.found(table)]

    @cached_property
    def plan(self) -> Plan:
        """What the run would do; see `lakehouse.runs.plan`."""
        return plan_of(self, self.request.workspace.settings.cost, self.request.engine)

    @property
    def step_count(self) -> int:
        """Steps that a run will tell of: the engine, each object, entity and model, the checks and the publishing."""
        filled = {
            entity
            for source_name, object_name in self.to_load
            for entity in self.basis.sources[source_name].fed_by(object_name)
        }
        return 3 + len(self.arrived) + len(filled) + len(self.models)

    @property
    def tables(self) -> list[Table]:
        """Every table that is published."""
        silver = [table for entity in ENTITIES.values() for table in (entity.table, entity.versions) if table]
        return [*self.bronze.values(), *silver, *(model.table for model in self.models), *RECORDS]


def run(request: Request, follow: Follow, session: SparkSession | None = None) -> RunReport:
    """Load what is new, make anew what it changes, check it, and publish it as one snapshot.

    Works on the `session` given, else on one of the engine asked for, opened only if there is something to do.

    Raises NothingArrivedError if there is no file and nothing was ever loaded, InputRejectedError if a file of a
    required object was rejected, QualityBlockedError if a check forbids publishing, LockedError if another run is at
    work. A required object of which no file is there is told in the report. Whatever goes wrong, readers keep the
    snapshot that was published before.
    """
    began = time.monotonic()
    root = resolve(request.lake)
    with hold(root, request.workspace.settings.storage, "run") as lease, reading(root):
        task = _task(request, _lake_held(request, lease))
        if task.is_empty:
            return _unchanged(task, time.monotonic() - began)
        return _followed(task, lease, follow, session, began)


def load(
    request: Request, lease: Lease, landing: Landing, follow: Follow, session: SparkSession, *, again: bool = False
) -> RunReport:
    """As `run`, in a lake that is held already, of just the files in `landing`; `again` makes everything anew."""
    began, root = time.monotonic(), resolve(request.lake)
    with reading(root):
        task = _task(request, _lake_held(request, lease), landing)
        if again:
            task = replace(task, rebuild=Rebuild(silver="asked for by --again"))
        return _followed(task, lease, follow, session, began)


def plan(request: Request) -> Plan:
    """What `run` would do now, found without an engine, a lease or a write; `held_by` says who else may be at work.

    Raises NothingArrivedError where `run` does. What only the rows can tell, like a rejected file, shows in the run.
    """
    lake = Lake(resolve(request.lake), request.workspace.settings.storage)
    task = _task(request, lake)
    if (holder := at_work(lake.root, lake.storage)) is not None:
        return replace(task.plan, held_by=holder.told(lake.root))
    return replace(task.plan, put_back=tuple(left_behind(lake.root, lake.storage, map(str, task.tables), task.base)))


def _lake_held(request: Request, lease: Lease) -> Lake:
    return Lake(resolve(request.lake), request.workspace.settings.storage, lease.require)


def new_in_landing(request: Request, lake: Lake, base: Manifest | None) -> Landing:
    """What a run would find in landing that the published ledger does not know."""
    workspace = request.workspace
    now = basis(workspace, base)
    changed = {name for name, source in (base.basis.sources.items() if base else ()) if now.sources[name] != source}
    known = known_files(lake, base, retried_sources=frozenset(changed))
    return look(list(workspace.sources.values()), resolve(request.landing), lake.storage, known)


def _task(request: Request, lake: Lake, landing: Landing | None = None) -> _Task:
    """What there is to do; NothingArrivedError if no file is there and nothing was ever loaded."""
    _require_plain_path(request, lake)
    base = Snapshots(lake.root, lake.storage).current()
    workspace = request.workspace
    now = basis(workspace, base)
    landing = landing or new_in_landing(request, lake, base)
    models = (*GOLD, *map(kpi_model, kpi_tables(workspace.metrics)))
    task = _Task(request, lake, base, now, decide(now, base, full=request.full), landing, models)
    if base is None and not landing.arrivals:
        raise NothingArrivedError(_nothing_arrived(task))
    return task


def _require_plain_path(request: Request, lake: Lake) -> None:
    """Sail (0.7.2) encodes what is not plain in a path once for the log, and twice for the data files."""
    if request.engine == Engine.SAIL and not is_remote(lake.root) and quote(lake.root) != lake.root:
        odd = "".join(dict.fromkeys(letter for letter in lake.root if quote(letter) != letter))
        raise ConfigurationError(
            f"{lake.root}: on Sail a lake's folder can not have {odd!r} in its path; name it otherwise, or take "
            "--engine spark"
        )


@contextmanager
def session_for(request: Request, given: SparkSession | None) -> Iterator[SparkSession]:
    """The session given, else one of the engine asked for."""
    if given is not None:
        yield given
        return
    settings = request.workspace.settings
    s3 = settings.storage if is_remote(request.lake) or is_remote(request.landing) else None
    with open_session(request.engine, s3=s3, options=settings.spark) as opened:
        yield opened


def _followed(task: _Task, lease: Lease, follow: Follow, session: SparkSession | None, began: float) -> RunReport:
    steps = _Steps(follow, task.step_count)
    heal(task.lake, task.tables, task.base, steps.unplanned)
    with session_for(task.request, session) as spark:
        steps("engine", f"{task.request.engine} is ready")
        return _carry_out(task, lease, spark, steps, began)


def _carry_out(task: _Task, lease: Lease, spark: SparkSession, steps: _Steps, began: float) -> RunReport:
    planned = task.plan
    started_at = datetime.now(UTC)
    run_id = new_run_id(started_at)
    context = Run(
        run_id=run_id,
        started_at=started_at,
        lake=task.lake,
        spark=spark,
        writer=Writer(task.lake, spark, run_id),
        business=task.basis.business,
        tell=steps,
    )
    accounts, changes, delivered = _load(task, context)
    outcomes = _build(task, context, changes)
    manifest = _manifest(task, lease, context, accounts, outcomes, time.monotonic() - began)
    glue = task.request.workspace.settings.cost.glue
    work = work_of(task.lake, planned, manifest, task.base, steps.done, glue)
    manifest = manifest.model_copy(update={"work": work})
    Snapshots(task.lake.root, task.lake.storage).publish(manifest, lease.require)
    steps("published", run_id)
    circumstances = Circumstances(
        engine=task.request.engine,
        rebuilt=task.rebuild.reason,
        missing=task.landing.missing,
        days=states_of(delivered.files, delivered.before, delivered.now),
        tables=tuple(steps.done),
        seconds=time.monotonic() - began,
    )
    return summarise(context, accounts, outcomes, circumstances)


def _load(task: _Task, context: Run) -> tuple[list[FileAccount], Changes, Deliveries]:
    sources = dict(task.basis.sources)
    accounts = load_bronze(context, sources, task.landing)
    _require_required(task, context, accounts)
    everything = task.rebuild.silver is not None
    arrived = deliveries(context, sources, task.to_load, everything=everything)
    changes = load_silver(context, arrived, everything=everything)
    delivered = write_deliveries(context, sources, accounts, everything=everything)
    if delivered.changed:
        changes[str(DELIVERIES)] = Keys.none()
    require_balance(context, sources, accounts)
    return accounts, changes, delivered


def _build(task: _Task, context: Run, changes: Changes) -> tuple[Check, ...]:
    forced = {str(model.table) for model in task.models if task.rebuild.silver or task.rebuild.gold}
    if task.rebuild.kpi:
        forced |= {str(model.table) for model in task.models[len(GOLD) :]}
    pinned = task.base.tables if task.base else {}

    def is_forced(model: Model) -> bool:
        return str(model.table) in forced or str(model.table) not in pinned

    commits = build(context, task.models, RunScope(context, pinned, changes), is_forced)
    outcomes = audit(context, commits, [model.table for model in task.models])
    require_quality(outcomes)
    context.tell("checks", f"{len(outcomes)} checks over {len(commits)} tables")
    return outcomes


def _require_required(task: _Task, context: Run, accounts: Sequence[FileAccount]) -> None:
    """InputRejectedError if a required object could not be read, and no day can be told that lacks it.

    Of a file that is for a day only that day is not known. The published snapshot stays.
    """

    def is_lacking(account: FileAccount) -> bool:
        source = task.basis.sources[account.source]
        is_of_a_day = day_of(account.path, account.file.modified_at) is not None
        is_needed = source.object(account.object_name).required
        return is_needed and not (is_of_a_day and has_records(context, source, account.object_name))

    rejected = [
        f"{account.file.uri}: {account.reason}; {explain(account.reason)}"
        for account in accounts
        if account.reason is not None and is_lacking(account)
    ]
    if rejected:
        raise InputRejectedError(
            "a required file could not be read, nothing was published:\n  " + "\n  ".join(rejected)
        )


def _manifest(
    task: _Task,
    lease: Lease,
    context: Run,
    accounts: Sequence[FileAccount],
    outcomes: Sequence[Check],
    seconds: float,
) -> Manifest:
    base = task.base
    return Manifest(
        run_id=context.run_id,
        created_at=datetime.now(UTC),
        engine=task.request.engine,
        parent_run_id=base.run_id if base else None,
        parent_sha256=base.sha256 if base else None,
        fencing_token=lease.token,
        basis=task.basis,
        tables={**_undeclared(base), **pin_tables(task.lake, task.tables, base, context.writer.written)},
        checks=tuple(outcomes),
        files_in=len(accounts),
        rows_in=sum(account.records for account in accounts),
        inputs=inputs_of(accounts),
        balances=tuple(Balance(**asdict(balance)) for balance in entity_balances(context)),
        seconds=round(seconds, 1),
    )


def _undeclared(base: Manifest | None) -> dict[str, PinnedTable]:
    """Bronze tables of objects that no source declares any more: their files are known, so their rows must stay."""
    pinned = base.tables if base else {}
    return {name: pin for name, pin in pinned.items() if name.startswith(f"{Layer.BRONZE}.")}


def _nothing_arrived(task: _Task) -> str:
    looked_for = [
        f"  {source.source}.{name}: {', '.join(source.object(name).globs)}"
        for source in task.request.workspace.sources.values()
        for name in source.objects
    ]
    if not looked_for:
        raise ConfigurationError("no source is named: give --source, or set `sources` in the environment's settings")
    landing = task.request.landing
    if not is_remote(landing) and not Path(landing).is_dir():
        looked_for.append(f"there is no folder {landing}")
    return f"no file in {landing} matches what the sources look for:\n" + "\n".join(looked_for)


def _unchanged(task: _Task, seconds: float) -> RunReport:
    if task.base is None:
        raise ValueError("without a published snapshot there is no unchanged one")
    return RunReport(
        status=Status.UNCHANGED,
        run_id=task.base.run_id,
        lake=task.lake.root,
        engine="none",
        rebuilt=None,
        files=0,
        files_quarantined=0,
        rows=0,
        rejected={},
        set_aside={},
        balances=(),
        problems=(),
        missing=task.landing.missing,
        days=(),
        warnings={},
        tables=(),
        seconds=round(seconds, 1),
    )
