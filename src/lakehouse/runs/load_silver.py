"""Bronze → silver: map, conform and check the rows of each entity, decide every row's outcome, merge what is newer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from lakehouse import verbs
from lakehouse.quality.ledger import BALANCES, OBJECTS
from lakehouse.quality.quarantine import REJECTS
from lakehouse.quality.staged import candidates_table, staged_table
from lakehouse.runs.catalog import ENTITIES, Entity
from lakehouse.runs.context import Run
from lakehouse.runs.load_bronze import bronze_rows, source_table, unreadable_records
from lakehouse.silver.versions import Outcome, classify
from lakehouse.sources.definition import Source
from lakehouse.sources.mapping import map_rows
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import Severity, Table

COUNTED = (
    Outcome.FILTERED,
    Outcome.LOADED,
    Outcome.UNCHANGED,
    Outcome.STALE,
    Outcome.DUPLICATE,
    Outcome.QUARANTINED,
)


@dataclass(frozen=True)
class Delivery:
    """The bronze rows of one source object that a run has to take in."""

    source: Source
    object_name: str
    rows: DataFrame


def deliveries(
    run: Run, sources: Mapping[str, Source], objects: Sequence[tuple[str, str]], *, everything: bool
) -> list[Delivery]:
    """This run's bronze rows of the given (source, object) pairs, or with `everything` all bronze rows ever read."""
    found = []
    for source_name, object_name in objects:
        source = sources[source_name]
        if everything:
            rows = bronze_rows(run, source, object_name)
        else:
            rows = run.read(source_table(source, object_name)).where(F.col("_run_id") == run.run_id)
        found.append(Delivery(source, object_name, rows))
    return found


def load_silver(run: Run, arrived: Sequence[Delivery], *, everything: bool) -> None:
    """Bring every silver table up to date with what arrived; with `everything`, make them anew from it."""
    rejects = [unreadable_records(run, delivery.source, delivery.object_name, delivery.rows) for delivery in arrived]
    balances = []
    for entity in ENTITIES.values():
        mapped = _mapped(entity, arrived)
        if mapped is None:
            run.lake.create(entity.table)
            if entity.versions is not None:
                run.lake.create(entity.versions)
            continue
        staged = _stage(run, entity, mapped, _parent(entity, arrived), everything=everything)
        _write(run, entity, staged, everything=everything)
        rejects.append(_rejected(run, entity.table, staged))
        balances.append(_balance(run, entity.table, staged))
        run.tell(str(entity.table), _spoken(run, entity.table))
    _write_once(run, REJECTS, rejects, everything=everything)
    _write_once(run, BALANCES, balances, everything=False)


def _mapped(entity: Entity, arrived: Sequence[Delivery]) -> DataFrame | None:
    """Candidates for the entity from everything that arrived, conformed and checked; None if nothing maps to it."""
    frames = [
        map_rows(delivery.rows, delivery.source, mapping, entity.table).withColumns(
            {
                "_object_name": F.lit(delivery.object_name),
                "_parent": F.col(mapping.complete_per) if mapping.complete_per else F.lit(None).cast("string"),
            }
        )
        for delivery in arrived
        for mapping in delivery.source.mappings(entity.table.name)
        if delivery.object_name in mapping.objects
    ]
    if not frames:
        return None
    conformed = entity.conform(reduce(lambda left, right: left.unionByName(right), frames))
    return conformed.withColumn("_reasons", _with_expectations(entity.table))


def _parent(entity: Entity, arrived: Sequence[Delivery]) -> str | None:
    """The field that any of the entity's mappings delivers complete sets of."""
    named = (m.complete_per for delivery in arrived for m in delivery.source.mappings(entity.table.name))
    return next((name for name in named if name), None)


def _with_expectations(table: Table) -> Column:
    """The row's reasons and the names of the expectations it fails; a rule that gives null is broken."""
    broken = [
        F.when(~F.coalesce(F.expr(expectation.predicate), F.lit(False)), F.lit(expectation.name))
        for expectation in table.expectations
        if expectation.severity is Severity.QUARANTINE
    ]
    names = F.concat_ws(";", F.lit(None).cast("string"), *broken)
    # A row that could not even be typed is not judged further.
    return F.when(F.col("_reasons") != "", F.col("_reasons")).otherwise(names)


def _stage(run: Run, entity: Entity, mapped: DataFrame, parent: str | None, *, everything: bool) -> DataFrame:
    """The candidates with their outcomes, written once so that all that follows reads them instead of the mapping."""
    table = staged_table(entity.table)
    run.lake.create(entity.table)
    current = run.read(entity.table)
    known = current.where(F.lit(False)) if everything else current
    # Whole sets are judged in several passes, and each would map the records again.
    candidates = mapped if parent is None else _kept(run, candidates_table(entity.table), mapped)
    return _kept(run, table, classify(candidates, known, entity.table, parent))


def _kept(run: Run, table: Table, rows: DataFrame) -> DataFrame:
    """The rows as read back from the table they were written to."""
    run.writer.replace(table, rows.select(*table.field_names))
    return run.read(table)


def _write(run: Run, entity: Entity, staged: DataFrame, *, everything: bool) -> None:
    winners = staged.where(F.col("_is_written")).select(*entity.table.field_names)
    _upsert(run, entity.table, winners, everything=everything)
    if entity.versions is not None:
        kept = (Outcome.LOADED, Outcome.UNCHANGED, Outcome.STALE)
        versions = verbs.latest(
            staged.where(F.col("_outcome").isin(*(outcome.value for outcome in kept))),
            keys=list(entity.versions.primary_key),
            order_by=[F.col("_row_hash").desc(), F.col("_object_id").asc(), F.col("_row_number").asc()],
        )
        _upsert(run, entity.versions, versions.select(*entity.versions.field_names), everything=everything)


def _upsert(run: Run, table: Table, rows: DataFrame, *, everything: bool) -> None:
    """Merge by key and version; a table that is empty or made anew is written straight."""
    version = run.lake.create(table)
    if everything or run.lake.files(table, version).rows == 0:
        run.writer.replace(table, rows)
    else:
        run.writer.merge(table, rows)


def _rejected(run: Run, entity: Table, staged: DataFrame) -> DataFrame:
    """The staged rows that were set aside, as rows of `quarantine.rejects`; their content stays in bronze."""
    # A file that was touched, or tried again, is in the ledger once per run that read it.
    files = run.read(OBJECTS).select("object_id", "source_file").distinct()
    quarantined = staged.where(F.col("_outcome") == Outcome.QUARANTINED.value)
    located = quarantined.join(files, F.col("_object_id") == F.col("object_id"))
    return located.select(
        verbs.surrogate_key(
            F.lit(run.run_id),
            F.lit(entity.name),
            F.col("_object_name"),
            F.col("_object_id"),
            F.col("_row_number").cast("string"),
        ).alias("reject_id"),
        F.col("_source").alias("source"),
        F.col("_object_name").alias("object_name"),
        F.lit(entity.name).alias("entity"),
        "source_file",
        "object_id",
        F.col("_row_number").alias("row_number"),
        F.col("_reasons").alias("reasons"),
        F.lit(None).cast("binary").alias("raw"),
        F.lit(run.run_id).alias("_run_id"),
    ).select(*REJECTS.field_names)


def _balance(run: Run, entity: Table, staged: DataFrame) -> DataFrame:
    counted = {f"{outcome}_count": _rows(F.col("_outcome") == outcome.value) for outcome in COUNTED}
    delivered = staged.where(F.col("_outcome") != Outcome.RETIRED.value)
    return (
        delivered.groupBy(
            F.col("_object_id").alias("object_id"),
            F.col("_source").alias("source"),
            F.col("_object_name").alias("object_name"),
        )
        .agg(_rows(F.lit(True)).alias("row_count"), *(count.alias(name) for name, count in counted.items()))
        .select("*", F.lit(entity.name).alias("entity"), F.lit(run.run_id).alias("_run_id"))
        .select(*BALANCES.field_names)
    )


def _rows(condition: Column) -> Column:
    """Delivered records that the staged rows with `condition` stand for."""
    return F.sum(F.when(condition, F.col("_row_count")).otherwise(F.lit(0))).cast("bigint")


def _write_once(run: Run, table: Table, frames: Sequence[DataFrame], *, everything: bool) -> None:
    """One commit for all entities: the whole table when made anew, else this run's partition of it."""
    if frames:
        rows = reduce(lambda left, right: left.unionByName(right), frames)
        run.writer.replace(table, rows, scope=None if everything else run.partition)


def _spoken(run: Run, table: Table) -> str:
    version = run.lake.version(table)
    return f"{run.lake.files(table, version).rows:,} rows" if version is not None else "no rows"
