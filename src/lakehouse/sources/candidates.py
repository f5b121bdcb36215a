"""Computed values brought to an entity's declared types, with a reason for each that does not get there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from lakehouse import verbs
from lakehouse.sources.expressions import Literal, Scope, possible_texts
from lakehouse.sources.operations import Faults, bare
from lakehouse.sources.reader import read
from lakehouse.sources.resolve import ResolvedMapping, mappable
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import BOOLEAN, DATE, INTEGER, STRING, TIMESTAMP, Field, Table

_TECHNICAL = ("_source", "_object_id", "_row_number", "_version", "_row_hash", "_is_deleted", "_run_id")
_ACCOUNT = ("_row_count", "_is_filtered", "_reasons")
_INT_LIMIT = 2**31
_NEUTRAL = {STRING: "", BOOLEAN: "false", TIMESTAMP: "1970-01-01 00:00:00", DATE: "1970-01-01"}


def finish(computed: DataFrame, resolved: ResolvedMapping) -> DataFrame:
    """Candidate rows from computed ones.

    `computed` has a column per mapped field with its value, `_faults_<field>` (codes separated by semicolons), the
    technical columns apart from the row hash, `_row_count`, `_is_own`, `_clause_reasons`, and `_is_apart`: such a row
    never gets to have values, nor reasons beyond those of its clauses.
    """
    fields = mappable(resolved.table)
    typed = {field.name: typed_field(field, resolved) for field in fields}
    clause_reasons, is_apart = F.col("_clause_reasons"), F.col("_is_apart")
    is_filtered = ~F.col("_is_own") & (clause_reasons == "")
    all_reasons = joined(clause_reasons, reasons({name: faults for name, (_, faults) in typed.items()}))
    finished = computed.select(
        *[F.when(~is_apart, typed[field.name][0]).alias(field.name) for field in fields],
        *[F.col(name) for name in _TECHNICAL if name != "_row_hash"],
        F.col("_row_count"),
        is_filtered.alias("_is_filtered"),
        F.when(is_filtered | is_apart, clause_reasons).otherwise(all_reasons).alias("_reasons"),
    )
    hashed = [*((field.name, field.type) for field in fields), ("_is_deleted", BOOLEAN)]
    return finished.withColumn("_row_hash", verbs.row_hash(hashed)).select(*_output(resolved.table))


def _output(table: Table) -> list[str]:
    return [*(field.name for field in mappable(table)), *_TECHNICAL, *_ACCOUNT]


# ── one field ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def typed_field(field: Field, resolved: ResolvedMapping) -> tuple[Column, dict[str, Column]]:
    """A field's value at its declared type and its faults; the code "" stands for those in `_faults_<field>`."""
    if field.name not in resolved.fields:
        return _default(field), {}
    value, own_faults = _at_declared_type(F.col(field.name), field, resolved)
    faults = {"": F.col(f"_faults_{field.name}") != "", **own_faults}
    if field.default is not None:
        return F.coalesce(value, _default(field)), faults
    if field.nullable:
        return value, faults
    missing = value.isNull() & ~occurs(faults)
    if field.name not in resolved.table.primary_key:
        missing = missing & ~F.col("_is_deleted")
        value = F.when(F.col("_is_deleted"), F.coalesce(value, _neutral(field))).otherwise(value)
    return value, {**faults, "missing": missing}


def _at_declared_type(value: Column, field: Field, resolved: ResolvedMapping) -> tuple[Column, dict[str, Column]]:
    if field.type == STRING:
        return _text(bare(value), field, resolved)
    if field.type == INTEGER:
        fits = F.when((value >= -_INT_LIMIT) & (value < _INT_LIMIT), value)
        return fits.cast(INTEGER), {"out_of_range": value.isNotNull() & fits.isNull()}
    if field.type.startswith("decimal"):
        return _exact_decimal(value, field.type)
    return value.cast(field.type), {}


def _text(text: Column, field: Field, resolved: ResolvedMapping) -> tuple[Column, dict[str, Column]]:
    possible = possible_texts(resolved.fields[field.name], Scope((), resolved.source.vocabularies))
    if not field.values or (possible is not None and possible <= set(field.values)):
        return text, {}
    allowed = text.isin(*field.values)
    return F.when(allowed, text), {"unknown_value": F.coalesce(~allowed, F.lit(False))}


def _exact_decimal(value: Column, type_: str) -> tuple[Column, dict[str, Column]]:
    """The number if the type holds it without rounding: to round is for the mapping to say."""
    precision, scale = (int(part) for part in type_.removeprefix("decimal(").removesuffix(")").split(","))
    limit = 10 ** min(precision - scale, 18)
    fits = F.when((value > F.lit(-limit)) & (value < F.lit(limit)), value)
    exact = fits.cast(f"decimal(30,{scale})") == fits
    faults = {"out_of_range": value.isNotNull() & fits.isNull(), "inexact_decimal": F.coalesce(~exact, F.lit(False))}
    return F.when(exact, fits).cast(type_), faults


def _default(field: Field) -> Column:
    """The declared default; null for a field that has none and may be null."""
    literal, _ = read(field.default or "null", Scope(()))
    value = literal.value if isinstance(literal, Literal) else None
    return F.lit(None if value is None else str(value)).cast(field.type)


def _neutral(field: Field) -> Column:
    """What stands in a field that can not be null if the row only says that its key is gone."""
    return F.lit(field.values[0] if field.values else _NEUTRAL.get(field.type, "0")).cast(field.type)


# ── reasons ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def occurs(faults: Faults) -> Column:
    """Whether any of the faults does."""
    return reduce(or_, faults.values(), F.lit(False))


def codes(faults: Faults) -> Column:
    """The codes of the faults that occur, separated by semicolons; empty if none does."""
    return F.concat_ws(";", F.lit(None).cast("string"), *[F.when(fault, F.lit(code)) for code, fault in faults.items()])


def reasons(faults: Mapping[str, Faults]) -> Column:
    """`code:field` for every fault that occurs, separated by semicolons; empty if none does."""
    parts: list[Column] = [F.lit(None).cast("string")]
    for name, by_code in faults.items():
        for code, fault in by_code.items():
            found = F.lit(code) if code else F.replace(F.col(f"_faults_{name}"), F.lit(";"), F.lit(f":{name};"))
            parts.append(F.when(fault, F.concat(found, F.lit(f":{name}"))))
    return F.concat_ws(";", *parts)


def joined(*texts: Column) -> Column:
    """Reasons of several places as one text."""
    return F.concat_ws(";", *[F.when(text != "", text) for text in texts])
