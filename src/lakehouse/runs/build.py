"""Silver → gold → KPI: make anew what a run's changes reach of each table, or the whole table where that is asked."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from lakehouse import verbs
from lakehouse.derive.contract import conform
from lakehouse.derive.schema import arrow_schema
from lakehouse.errors import IntegrityError
from lakehouse.runs.catalog import Model, Transform, in_order
from lakehouse.runs.context import Run
from lakehouse.runs.put import put, put_whole
from lakehouse.runs.scope import RunScope
from lakehouse.runs.set_aside import SetAside, write_set_aside
from lakehouse.runs.side_by_side import at_once, side_by_side
from lakehouse.scope import Keys, Scoped, ScopeTooWideError, differing, having
from lakehouse.spark import DataFrame
from lakehouse.storage.write import Commit
from lakehouse.table import Table


@dataclass
class _Built:
    """What has been written of a table."""

    commits: list[Commit] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)


def build(run: Run, models: Iterable[Model], scope: RunScope, is_forced: Callable[[Model], bool]) -> list[Commit]:
    """Build the models, each after its inputs: as a whole if forced, else what the changes in `scope` reach.

    Tables that do not read one another are made side by side.
    """
    ordered = in_order(models)
    forced = {str(model.table) for model in ordered if is_forced(model)}

    def made(model: Model) -> _Built:
        began, built = time.monotonic(), _Built()
        if str(model.table) in forced:
            _whole(run, model, scope, built)
        elif any(str(table) in scope.changes for table in model.table.inputs):
            _reached(run, model, scope, built)
        rows = f"{run.lake.rows(model.table):,} rows" if built.commits else "unchanged"
        run.tell(str(model.table), rows, time.monotonic() - began)
        return built

    tasks = {str(model.table): (model, {str(table) for table in model.table.inputs}) for model in ordered}
    done = side_by_side(tasks, made, at_once(run.spark, are_whole=bool(forced)))
    write_set_aside(run, [each for name in tasks for each in done[name].set_aside])
    return [commit for name in tasks for commit in done[name].commits]


def _reached(run: Run, model: Model, scope: RunScope, built: _Built) -> None:
    if model.scoped is None:
        _whole(run, model, scope, built)
        return
    try:
        scoped = model.scoped(scope)
    except ScopeTooWideError:
        _whole(run, model, scope, built)
        return
    if scoped.keys and scoped.rows is not None:
        built.commits.extend(_replaced(run, model.table, scope, scoped, scoped.rows))
    if scoped.set_aside is not None and scoped.judged:
        rows = scope.evaluated(scoped.set_aside.select("row_id", "reason"))
        built.set_aside.append(SetAside(model.table.name, rows, scoped.judged))


def _replaced(run: Run, table: Table, scope: RunScope, scoped: Scoped, rows: DataFrame) -> Iterable[Commit]:
    """Write the rows of those keys of which any row is another one than before."""
    # As declared, also in what can not be null: so it is where rows are compared, and given to an engine again.
    is_now = scope.evaluated(conform(rows, table)).cast(arrow_schema(table))
    was = scope.before(table, table.scope_field, scoped.keys) if scoped.was is None else scoped.was
    if stray := Keys.of(is_now[table.scope_field]) - scoped.keys:
        raise IntegrityError(f"{table}: {len(stray)} keys were made anew that the changes do not reach")
    changed = differing(was, is_now, table.scope_field)
    if not changed:
        return
    scope.remember(table, changed, was, is_now)
    was, is_now = (having(side, table.scope_field, changed) for side in (was, is_now))
    replaced = pa.table({table.scope_field: changed.values})
    held_in = {value for name in table.partition_by for value in was[name].unique().to_pylist()}
    if (commit := put(run, table, is_now, replaced, held_in)) is not None:
        yield commit


def _whole(run: Run, model: Model, scope: RunScope, built: _Built) -> None:
    made_of = sum(run.lake.rows(table) for table in model.table.inputs)
    built.commits.append(put_whole(run, model.table, _frame(run, model), made_of))
    # What is small is compared as a whole by those who read it, not looked up by keys.
    scope.changes[str(model.table)] = Keys.none() if model.scoped is None else None
    if model.set_aside is not None:
        frame = _called(run, model, model.set_aside).select("row_id", "reason")
        built.set_aside.append(SetAside(model.table.name, verbs.to_arrow(frame), None))


def _frame(run: Run, model: Model) -> DataFrame:
    if model.rows is not None:
        return verbs.from_arrow(run.spark, model.rows(run.business))
    if model.transform is None:
        raise ValueError(f"{model.table} has neither a transform nor rows")
    return _called(run, model, model.transform)


def _called(run: Run, model: Model, transform: Transform) -> DataFrame:
    """Call a transform with the inputs that its parameters name, and with the business settings if it asks for them."""
    inputs = {table.name: table for table in model.table.inputs}
    parameters = inspect.signature(transform).parameters
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    wanted = [name for name in inputs if takes_all or name in parameters]
    settings = {"business": run.business} if "business" in parameters else {}
    return transform(**settings, **{name: run.read(inputs[name]) for name in wanted})
