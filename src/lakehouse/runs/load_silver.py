"""Bronze → silver: map, conform and check the rows of each entity, decide every row's outcome, merge what is newer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import pyarrow as pa

from lakehouse import verbs
from lakehouse.derive.schema import arrow_schema
from lakehouse.quality.ledger import BALANCES, OBJECTS
from lakehouse.quality.quarantine import REJECTS
from lakehouse.quality.staged import candidates_table, staged_table
from lakehouse.runs.catalog import ENTITIES, Entity
from lakehouse.runs.context import Run, few_rows
from lakehouse.runs.load_bronze import bronze_rows, source_table, unreadable_records
from lakehouse.runs.put import holding, put, put_whole
from lakehouse.runs.side_by_side import at_once, side_by_side
from lakehouse.scope import Changes, Keys, lacking
from lakehouse.silver.provenance import version_month
from lakehouse.silver.versions import Outcome, classify
from lakehouse.sources.definition import Source
from lakehouse.sources.mapping import map_rows
from lakehouse.spark import Column, DataFrame, F
from lakehouse.storage.locate import rows_holding
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
    row_count: int


@dataclass(frozen=True)
class _Loaded:
    """What became of an entity: the keys that changed, rows for the quarantine, and the balance."""

    changes: Changes
    rejected: DataFrame
    balance: DataFrame


def deliveries(
    run: Run, sources: Mapping[str, Source], objects: Sequence[tuple[str, str]], *, everything: bool
) -> list[Delivery]:
    """This run's bronze rows of the given (source, object) pairs, or with `everything` all bronze rows ever read."""
    found = []
    for source_name, object_name in objects:
        source = sources[source_name]
        table = source_table(source, object_name)
        rows = bronze_rows(run, source, object_name) if everything else run.added(table)
        count = run.lake.rows(table) if everything else run.added_count(table)
        found.append(Delivery(source, object_name, rows, count))
    return found


def load_silver(run: Run, arrived: Sequence[Delivery], *, everything: bool) -> Changes:
    """Bring every silver table up to date with what arrived; with `everything`, make them anew from it.

    Gives the keys whose rows changed, for each table that did.
    """
    rejects = [unreadable_records(run, delivery.source, delivery.object_name, delivery.rows) for delivery in arrived]

    def loaded(entity: Entity) -> _Loaded | None:
        began = time.monotonic()
        mapped = _mapped(entity, arrived)
        if mapped is None:
            run.lake.create(entity.table)
            if entity.versions is not None:
                run.lake.create(entity.versions)
            return None
        count = _mapped_count(entity, arrived)
        staged = _stage(run, entity, mapped, _parent(entity, arrived), count, everything=everything)
        changes = _write(run, entity, staged, count, everything=everything)
        rejected = _rejected(run, entity.table, staged, everything=everything)
        run.tell(str(entity.table), _spoken(run, entity.table), time.monotonic() - began)
        return _Loaded(changes, rejected, _balance(run, entity.table, staged))

    tasks: dict[str, tuple[Entity, Sequence[str]]] = {name: (entity, ()) for name, entity in ENTITIES.items()}
    found = side_by_side(tasks, loaded, at_once(run.spark, are_whole=everything or _is_first(run)))
    entities = [found[name] for name in tasks]
    filled = [entity for entity in entities if entity is not None]
    _write_once(run, REJECTS, [*rejects, *(entity.rejected for entity in filled)], everything=everything)
    _write_once(run, BALANCES, [entity.balance for entity in filled], everything=False)
    return {name: keys for entity in filled for name, keys in entity.changes.items()}


def _is_first(run: Run) -> bool:
    """Whether nothing was ever loaded: what comes may be years."""
    return all(run.lake.rows(entity.table) == 0 for entity in ENTITIES.values())


def _mapped(entity: Entity, arrived: Sequence[Delivery]) -> DataFrame | None:
    """Candidates for the entity from everything that arrived, conformed and checked; None if nothing maps to it."""
    pairs = [
        (delivery, mapping)
        for delivery in arrived
        for mapping in delivery.source.mappings(entity.table.name)
        if delivery.object_name in mapping.objects
    ]
    frames = [
        map_rows(delivery.rows, delivery.source, mapping, entity.table).withColumns(
            {
                "_object_name": F.lit(delivery.object_name),
                "_mapping": F.lit(number),
                "_parent": F.col(mapping.complete_per) if mapping.complete_per else F.lit(None).cast("string"),
            }
        )
        for number, (delivery, mapping) in enumerate(pairs)
    ]
    if not frames:
        return None
    conformed = entity.conform(reduce(lambda left, right: left.unionByName(right), frames))
    return conformed.withColumn("_reasons", _with_expectations(entity.table))


def _mapped_count(entity: Entity, arrived: Sequence[Delivery]) -> int:
    """Rows that all that arrived is mapped to: each record once for every mapping of its object."""
    return sum(
        delivery.row_count * delivery.source.fed_by(delivery.object_name).get(entity.table.name, 0)
        for delivery in arrived
    )


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


def _stage(
    run: Run, entity: Entity, mapped: DataFrame, parent: str | None, count: int, *, everything: bool
) -> DataFrame:
    """The candidates with their outcomes, evaluated once so that all that follows reads them instead of the mapping."""
    run.lake.create(entity.table)
    # They are judged in several passes, and each would map the records again.
    candidates = _kept(run, candidates_table(entity.table), mapped, count)
    known = run.frame(arrow_schema(entity.table).empty_table())
    if not (everything or _is_empty(run, entity.table)):
        known = _known(run, entity.table, candidates, parent)
    judged = classify(candidates, known, entity.table, parent)
    return _kept(run, staged_table(entity.table), judged, count)


def _known(run: Run, table: Table, candidates: DataFrame, parent: str | None) -> DataFrame:
    """The rows of the table that the candidates can be newer or older versions of, and those of the same parents."""
    if not table.partition_by:
        return run.read(table)
    (key,) = table.primary_key
    if (wanted := few_rows(candidates.select(key, "_parent"))) is None:
        return run.read(table)
    stored = run.lake.stored(table)
    known = rows_holding(stored, table, [key], Keys.of(wanted[key]), table.field_names)
    if parent is not None:
        siblings = rows_holding(stored, table, [parent], Keys.of(wanted["_parent"]), table.field_names)
        known = pa.concat_tables([siblings, lacking(known, key, Keys.of(siblings[key]))])
    return run.frame(known)


def _is_empty(run: Run, table: Table) -> bool:
    return run.lake.rows(table) == 0


def _kept(run: Run, table: Table, rows: DataFrame, count: int) -> DataFrame:
    """The rows evaluated: few are held in memory, many are read back from the table they were written to."""
    rows = rows.select(*table.field_names)
    if (few := few_rows(rows, count)) is not None:
        return run.frame(few.cast(arrow_schema(table)))
    # Read once or twice and overwritten: good files are not worth a shuffle.
    run.writer.replace(table, rows, spread=False)
    return run.read(table)


def _write(run: Run, entity: Entity, staged: DataFrame, count: int, *, everything: bool) -> Changes:
    """Write the rows that won, and the versions that are kept; the changed keys of both."""
    winners = staged.where("_is_written").select(*entity.table.field_names)
    run.lake.create(entity.table)
    if everything or _is_empty(run, entity.table):
        put_whole(run, entity.table, winners, count)
        changes: Changes = {str(entity.table): None}
    else:
        changes = _put_winners(run, entity.table, winners)
    if entity.versions is None:
        return changes
    run.lake.create(entity.versions)
    kept = _kept_versions(staged, entity.versions)
    if everything or _is_empty(run, entity.versions):
        put_whole(run, entity.versions, kept, count)
        return changes | {str(entity.versions): None}
    return changes | _put_versions(run, entity.versions, kept)


def _put_winners(run: Run, table: Table, winners: DataFrame) -> Changes:
    rows = few_rows(winners)
    if rows is None:
        return _put_many(run, table, winners)
    if not rows.num_rows:
        return {}
    key = table.primary_key[0]
    keys = Keys.of(rows[key])
    put(run, table, rows, rows.select(list(table.primary_key)), set(holding(run, table, key, keys)))
    return {str(table): keys}


def _put_many(run: Run, table: Table, rows: DataFrame) -> Changes:
    """Rows that are too many to be put into their partitions one by one: the whole table is written anew."""
    key = list(table.primary_key)
    kept = run.read(table).join(rows.select(*key), key, "left_anti").select(*table.field_names)
    run.writer.replace(table, rows.unionByName(kept))
    return {str(table): None}


def _kept_versions(staged: DataFrame, versions: Table) -> DataFrame:
    kept = (Outcome.LOADED, Outcome.UNCHANGED, Outcome.STALE)
    delivered = staged.where(F.col("_outcome").isin(*(outcome.value for outcome in kept)))
    if versions.partition_by:
        delivered = delivered.withColumn("_month", version_month())
    latest = verbs.latest(
        delivered,
        keys=list(versions.primary_key),
        order_by=[F.col("_row_hash").desc(), F.col("_object_id").asc(), F.col("_row_number").asc()],
    )
    return latest.select(*versions.field_names)


def _put_versions(run: Run, table: Table, kept: DataFrame) -> Changes:
    """Add the versions that are new; of two rows of one version the greater hash counts."""
    key = list(table.primary_key)
    known = run.read(table)
    if table.partition_by:
        months = verbs.to_arrow(kept.select(*table.partition_by).distinct())[0].to_pylist()
        known = known.where(F.col(table.partition_by[0]).isin(months))
    known = known.select(*key, F.col("_row_hash").alias("_known_hash"))
    is_new = F.col("_known_hash").isNull() | (F.col("_row_hash") > F.col("_known_hash"))
    newer = kept.join(known, key, "left").where(is_new).select(*table.field_names)
    rows = few_rows(newer)
    if rows is None:
        return _put_many(run, table, newer)
    if not rows.num_rows:
        return {}
    # The month of a version never changes: what is replaced lies where its replacement goes.
    put(run, table, rows, rows.select(key), set())
    return {str(table): Keys.of(rows[table.scope_field])}


def _rejected(run: Run, entity: Table, staged: DataFrame, *, everything: bool) -> DataFrame:
    """The staged rows that were set aside, as rows of `quarantine.rejects`; their content stays in bronze."""
    # A file that was touched, or tried again, is in the ledger once per run that read it.
    files = run.read(OBJECTS)
    files = files if everything else files.where(F.col("_run_id") == run.run_id)
    files = files.select("object_id", "source_file").distinct()
    quarantined = staged.where(F.col("_outcome") == Outcome.QUARANTINED.value)
    located = quarantined.join(files, F.col("_object_id") == F.col("object_id"))
    return located.select(
        verbs.surrogate_key(
            F.col("_run_id"),
            F.lit(entity.name),
            F.col("_object_name"),
            F.col("_object_id"),
            F.col("_row_number").cast("string"),
            F.col("_mapping").cast("string"),
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
    if not frames:
        return
    rows = reduce(lambda left, right: left.unionByName(right), frames)
    if everything:
        run.writer.replace(table, rows)
    elif (few := few_rows(rows)) is not None:
        run.writer.put(table, few.to_batches(), run.partition)
    else:
        run.writer.replace(table, rows, scope=run.partition)


def _spoken(run: Run, table: Table) -> str:
    return f"{run.lake.rows(table):,} rows"
