"""From an object's bronze rows to candidate rows of an entity: typed, qualified, each with its reasons if it fails."""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.sources.candidates import codes, finish, joined, occurs, reasons, typed_field
from lakehouse.sources.compile import COSTLY, Compiler, aggregate
from lakehouse.sources.definition import EntityMapping, Source
from lakehouse.sources.expressions import Call, Expression, walk
from lakehouse.sources.functions import ValueType
from lakehouse.sources.operations import Compiled, merged
from lakehouse.sources.resolve import ResolvedMapping, is_identifier, resolve, value_type
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import Table


def map_rows(bronze: DataFrame, source: Source, mapping: EntityMapping, table: Table) -> DataFrame:
    """Candidate rows of the entity: one per good bronze row of an object, or per file and key where rows are grouped.

    Columns: every field of the entity at its declared type; `_source`, `_object_id`, `_row_number`, `_version` (bigint,
    microseconds or the number given), `_row_hash`, `_is_deleted`, `_run_id`; then `_row_count` (delivered rows that the
    row stands for), `_is_filtered` (`where` says that it is none of the entity's) and `_reasons` (`code:field;…` for
    every reason not to load it, empty if there is none).

    Without a version of its own, a row's version is `_modified_at` of its file if bronze has that column, else
    `_ingested_at`. ConfigurationError if the mapping does not fit the entity.
    """
    resolved, mistakes = resolve(source, mapping, table)
    if mistakes:
        place = f"source {source.source}, {table.name}"
        raise ConfigurationError(
            [Problem(place, 0, 0, each.mistake.message, each.mistake.suggestion) for each in mistakes]
        )
    rows, known = _prepared(bronze.where(F.col("_reject_reason").isNull()), resolved)
    compiler = Compiler(source, known)
    return _grouped(rows, resolved, compiler) if resolved.is_grouped else _one_to_one(rows, resolved, compiler)


def _one_to_one(rows: DataFrame, resolved: ResolvedMapping, compiler: Compiler) -> DataFrame:
    where = _condition(compiler, resolved.where, otherwise=True)
    deleted = _condition(compiler, resolved.deleted_when, otherwise=False)
    version = _delivered(rows) if resolved.version is None else _version(compiler, resolved.version)
    values = {name: _value(compiler, resolved, name) for name in resolved.fields}
    clauses = {"where": where.faults, "deleted_when": deleted.faults, "version": version.faults}
    computed = rows.select(
        *_technical(resolved),
        F.lit(1).cast("bigint").alias("_row_count"),
        version.value.alias("_version"),
        deleted.value.alias("_is_deleted"),
        where.value.alias("_is_own"),
        F.lit(False).alias("_is_apart"),
        reasons(clauses).alias("_clause_reasons"),
        *_values_and_faults(values),
    )
    return finish(computed, resolved)


def _grouped(rows: DataFrame, resolved: ResolvedMapping, compiler: Compiler) -> DataFrame:
    """One row per file and key, of the rows that can be typed; every other row is a group of its own.

    Nothing is filtered on the way: an engine would move the condition to where the files are read, and write out there
    everything that it depends on, once for each use.
    """
    aggregates = {call: f"_aggregate_{number}" for number, call in enumerate(_aggregates(resolved))}
    typed = _typed_rows(rows, resolved, compiler, aggregates)
    is_apart = ~F.col("_is_own") | (F.col("_row_reasons") != "")
    totals = {call: aggregate(call, F.col(column)) for call, column in aggregates.items()}
    collapsed = (
        typed.withColumn("_apart", F.when(is_apart, F.col("_row_number")))
        .groupBy("_source", "_object_id", "_apart", *resolved.table.primary_key)
        .agg(
            F.min("_row_number").alias("_row_number"),
            F.min("_run_id").alias("_run_id"),
            F.count(F.lit(1)).alias("_row_count"),
            F.max("_delivered").alias("_delivered"),
            F.min("_is_own").alias("_is_own"),
            F.min("_row_reasons").alias("_row_reasons"),
            *[totals[call].value.alias(column) for call, column in aggregates.items()],
            *[codes(totals[call].faults).alias(f"_faults{column}") for call, column in aggregates.items()],
        )
    )
    known: dict[Expression, Compiled] = {
        call: Compiled(F.col(column), call.type, {"out_of_range": F.col(f"_faults{column}") != ""})
        for call, column in aggregates.items()
    }
    return finish(_computed_groups(collapsed, resolved, Compiler(compiler.source, known)), resolved)


def _typed_rows(
    rows: DataFrame, resolved: ResolvedMapping, compiler: Compiler, aggregates: Mapping[Call, str]
) -> DataFrame:
    """Each row with its key at its declared type, what is to be aggregated, and what is wrong with it."""
    key_names = resolved.table.primary_key
    where = _condition(compiler, resolved.where, otherwise=True)
    arguments = {call: compiler.compile(call.arguments[0]) for call in aggregates}
    faults = {
        name: merged([arguments[call].faults for call in aggregates if call in set(walk(tree))])
        for name, tree in _group_trees(resolved).items()
    }
    computed = rows.select(
        *_technical(resolved),
        _delivered(rows).value.alias("_delivered"),
        where.value.alias("_is_own"),
        F.lit(False).alias("_is_deleted"),
        reasons({"where": where.faults}).alias("_where_reasons"),
        reasons(faults).alias("_argument_reasons"),
        *[arguments[call].value.alias(column) for call, column in aggregates.items()],
        *_values_and_faults({name: _value(compiler, resolved, name) for name in key_names}),
    )
    keys = {name: typed_field(resolved.table.field(name), resolved) for name in key_names}
    key_reasons = reasons({name: key_faults for name, (_, key_faults) in keys.items()})
    own_reasons = joined(F.col("_where_reasons"), key_reasons, F.col("_argument_reasons"))
    is_filtered = ~F.col("_is_own") & (F.col("_where_reasons") == "")
    return computed.select(
        *[F.col(name) for name in ("_source", "_object_id", "_row_number", "_run_id", "_delivered", "_is_own")],
        *[F.col(column) for column in aggregates.values()],
        *[value.alias(name) for name, (value, _) in keys.items()],
        F.when(is_filtered, F.lit("")).otherwise(own_reasons).alias("_row_reasons"),
    )


def _computed_groups(collapsed: DataFrame, resolved: ResolvedMapping, compiler: Compiler) -> DataFrame:
    keys = {name: Compiled(F.col(name), ValueType.NULL) for name in resolved.table.primary_key}
    others = {name: _value(compiler, resolved, name) for name in resolved.fields if name not in keys}
    version = Compiled(F.col("_delivered"), ValueType.INTEGER)
    if resolved.version is not None:
        version = _version(compiler, resolved.version)
    is_apart = F.col("_apart").isNotNull()
    return collapsed.select(
        *[F.col(name) for name in ("_source", "_object_id", "_row_number", "_run_id", "_row_count", "_is_own")],
        version.value.alias("_version"),
        F.lit(False).alias("_is_deleted"),
        is_apart.alias("_is_apart"),
        F.when(is_apart, F.col("_row_reasons"))
        .otherwise(reasons({"version": version.faults}))
        .alias("_clause_reasons"),
        *_values_and_faults({**keys, **others}),
    )


def _group_trees(resolved: ResolvedMapping) -> dict[str, Expression]:
    """What is computed for a group as a whole, by the name under which a reason speaks of it."""
    keys = resolved.table.primary_key
    trees = {name: tree for name, tree in resolved.fields.items() if name not in keys}
    return trees if resolved.version is None else {**trees, "version": resolved.version}


def _aggregates(resolved: ResolvedMapping) -> list[Call]:
    parts = (part for tree in _group_trees(resolved).values() for part in walk(tree))
    return list(dict.fromkeys(part for part in parts if isinstance(part, Call) and part.is_aggregate))


# ── parts of a mapping ────────────────────────────────────────────────────────────────────────────────────────────────


def _technical(resolved: ResolvedMapping) -> list[Column]:
    source = F.lit(resolved.source.source).alias("_source")
    return [source, *[F.col(name) for name in ("_object_id", "_row_number", "_run_id")]]


def _condition(compiler: Compiler, expression: Expression | None, *, otherwise: bool) -> Compiled:
    """A clause's condition, false where it is null."""
    if expression is None:
        return Compiled(F.lit(otherwise), ValueType.BOOLEAN)
    compiled = compiler.compile(expression)
    return Compiled(F.coalesce(compiled.value, F.lit(False)), ValueType.BOOLEAN, compiled.faults)


def _delivered(rows: DataFrame) -> Compiled:
    modified_or_read = "_modified_at" if "_modified_at" in rows.columns else "_ingested_at"
    return Compiled(F.unix_micros(F.col(modified_or_read)), ValueType.INTEGER)


def _version(compiler: Compiler, expression: Expression) -> Compiled:
    stated = compiler.compile(expression)
    missing = {"missing": stated.value.isNull() & ~occurs(stated.faults)}
    value = F.unix_micros(stated.value) if stated.type is ValueType.TIMESTAMP else stated.value
    return Compiled(value, ValueType.INTEGER, merged([stated.faults, missing]))


def _value(compiler: Compiler, resolved: ResolvedMapping, name: str) -> Compiled:
    """A field's value as its expression gives it, not yet at the declared type."""
    field, expression = resolved.table.field(name), resolved.fields[name]
    if is_identifier(field):
        return compiler.identifier(expression)
    return compiler.result(expression, value_type(field.type))


def _values_and_faults(values: Mapping[str, Compiled]) -> list[Column]:
    return [
        *[compiled.value.alias(name) for name, compiled in values.items()],
        *[codes(compiled.faults).alias(f"_faults_{name}") for name, compiled in values.items()],
    ]


def _prepared(rows: DataFrame, resolved: ResolvedMapping) -> tuple[DataFrame, dict[Expression, Compiled]]:
    """The rows with a column for every part of the expressions that is costly or used more than once.

    A reading gives a value and a fault, and arithmetic uses its operands several times: written out as one expression,
    the texts would be read again for each use. Windows, too, can not stand inside every expression.
    """
    known: dict[Expression, Compiled] = {}
    levels: dict[Call, int] = {}
    for tree in _row_trees(resolved):
        _find_costly(tree, levels)
    number = 0
    for level in range(1, max(levels.values(), default=0) + 1):
        compiler = Compiler(resolved.source, known)
        columns: dict[str, Column] = {}
        found: dict[Expression, Compiled] = {}
        for call in (call for call, its_level in levels.items() if its_level == level):
            compiled = compiler.compile(call)
            faults = {code: f"_fault_{number}_{code}" for code in compiled.faults}
            columns |= {
                f"_value_{number}": compiled.value,
                **{faults[code]: fault for code, fault in compiled.faults.items()},
            }
            found[call] = Compiled(
                F.col(f"_value_{number}"), call.type, {code: F.col(name) for code, name in faults.items()}
            )
            number += 1
        rows, known = rows.withColumns(columns), {**known, **found}
    return rows, known


def _row_trees(resolved: ResolvedMapping) -> list[Expression]:
    """Every expression that is computed for each row: in a group, what the aggregates are of."""
    clauses = [tree for tree in (resolved.where, resolved.version, resolved.deleted_when) if tree is not None]
    trees = [*resolved.fields.values(), *clauses]
    aggregates = [part for tree in trees for part in walk(tree) if isinstance(part, Call) and part.is_aggregate]
    whole = [tree for tree in trees if not any(isinstance(part, Call) and part.is_aggregate for part in walk(tree))]
    return [*whole, *(call.arguments[0] for call in aggregates)]


def _find_costly(tree: Expression, levels: dict[Call, int]) -> int:
    """Note the level of every costly part: one more than that of the costly parts within it; the tree's own, if any."""
    within = max((_find_costly(argument, levels) for argument in tree.arguments), default=0)
    if isinstance(tree, Call) and tree.function in COSTLY:
        levels[tree] = within + 1
        return within + 1
    return within
