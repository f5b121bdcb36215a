"""Silver → gold → KPI: make every table anew whose inputs, settings or definitions changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import reduce

from lakehouse import verbs
from lakehouse.quality.quarantine import SET_ASIDE
from lakehouse.runs.catalog import Model, Transform, in_order
from lakehouse.runs.context import Run
from lakehouse.spark import DataFrame, F
from lakehouse.storage.write import Commit


def build(run: Run, models: Iterable[Model], needs_building: Callable[[Model], bool]) -> list[Commit]:
    """Build the models in the order of their inputs; `needs_building` is asked when a model's inputs are ready."""
    commits, set_aside = [], {}
    for model in in_order(models):
        if not needs_building(model):
            run.tell(str(model.table), "unchanged")
            continue
        commits.append(run.writer.replace(model.table, _frame(run, model)))
        if model.set_aside is not None:
            set_aside[model.table.name] = _called(run, model, model.set_aside)
        rows = run.lake.files(model.table, commits[-1].version).rows
        run.tell(str(model.table), f"{rows:,} rows")
    if set_aside:
        _write_set_aside(run, set_aside)
    return commits


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


def _write_set_aside(run: Run, frames: dict[str, DataFrame]) -> None:
    rows = [frame.select(F.lit(name).alias("table_name"), "row_id", "reason") for name, frame in frames.items()]
    union = reduce(lambda left, right: left.unionByName(right), rows)
    run.writer.replace(SET_ASIDE, union, scope=("table_name", [f"'{name}'" for name in frames]))
