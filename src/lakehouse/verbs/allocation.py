"""Spreading totals over rows to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.verbs.numbers import divided, scaled, unscaled, whole

_WEIGHT_SCALE = 4
_HALF = 2**31
"""Two counts of rows fit into one bigint: a running sum is what costs most here."""

Shares = Mapping[str, tuple[str, str]]


def allocate(frame: DataFrame, shares: Shares, partition_by: Sequence[str], position: str, scale: int = 2) -> DataFrame:
    """`frame` plus a column for each of `shares` (name → column of the total, column of the weight).

    Each row gets its share of its partition's total in proportion to its weight, adding up to the total to the last
    digit. A total is the same on all rows of a partition; `position` numbers them from 1 and so decides where the odd
    cents go. Weights are decimals of at most 4 fraction digits, of any sign, null meaning zero; where they add up to
    zero the total is spread evenly. Weights that add up to the total come back as they are.
    """
    weights = _named(shares)
    own = {f"_own_{name}": _weight(weight) for name, weight in weights.items()}
    measured = _summed(frame.withColumns(own), list(own), partition_by, position)
    return _with_shares(measured, frame, shares, scale)


def allocate_evenly(
    frame: DataFrame, shares: Shares, partition_by: Sequence[str], position: str, scale: int = 2
) -> DataFrame:
    """`frame` plus a column for each of `shares` (name → column of the total, boolean column).

    Each total is spread evenly over those rows of its partition that the boolean column says, over all of them where it
    says none, adding up to the total to the last digit; `position` as in `allocate`.
    """
    flags = _named(shares)
    own = {f"_own_{name}": F.when(F.col(flag), 1).otherwise(0).cast("bigint") for name, flag in flags.items()}
    pairs = {f"_own_pair_{n}": list(own)[n : n + 2] for n in range(0, len(own), 2)}
    packed = {pair: F.col(columns[0]) + F.col(columns[-1]) * F.lit(_HALF) for pair, columns in pairs.items()}
    counted = _summed(frame.withColumns(own).withColumns(packed), list(packed), partition_by, position)
    unpacked = {
        column.replace("_own_", prefix): half
        for pair, columns in pairs.items()
        for prefix in ("_sum_", "_upto_")
        for column, half in zip(columns, _halves(pair.replace("_own_", prefix), len(columns)), strict=True)
    }
    return _with_shares(counted.withColumns(unpacked), frame, shares, scale)


def _named(shares: Shares) -> dict[str, str]:
    """Each column of weights once, under a name of its own."""
    return {f"weight_{n}": weight for n, weight in enumerate(dict.fromkeys(weight for _, weight in shares.values()))}


def _weight(weight: str) -> Column:
    return F.coalesce(unscaled(F.col(weight), _WEIGHT_SCALE, 18), whole(F.lit(0), 18))


def _halves(packed: str, count: int) -> list[Column]:
    lower, upper = F.col(packed) % F.lit(_HALF), F.expr(f"{packed} div {_HALF}")
    return [lower, upper] if count == 2 else [lower]


def _summed(frame: DataFrame, own: Sequence[str], partition_by: Sequence[str], position: str) -> DataFrame:
    """The sums of `_own_…` over the partition as `_sum_…` and up to the row as `_upto_…`; `_rows` and `_row` count.

    Column by column and step by step: as one expression the windows would be planned once for every mention.
    """
    rows = Window.partitionBy(*partition_by)
    upto = rows.orderBy(position).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sums = {name.replace("_own_", "_sum_"): F.sum(name).over(rows) for name in own}
    running = {name.replace("_own_", "_upto_"): F.sum(name).over(upto) for name in own}
    counts = {"_rows": F.count(F.lit(1)).over(rows), "_row": F.col(position)}
    return frame.withColumns({**sums, **running, **counts})


def _with_shares(summed: DataFrame, frame: DataFrame, shares: Shares, scale: int) -> DataFrame:
    names = {weight: name for name, weight in _named(shares).items()}
    placed = summed.withColumns({column: place for name in names.values() for column, place in _place(name).items()})
    due = {
        f"_{edge}_due_{name}": divided(
            unscaled(F.col(total), scale, 18) * F.col(f"_{edge}_{names[weight]}"), F.col(f"_whole_{names[weight]}")
        )
        for name, (total, weight) in shares.items()
        for edge in ("before", "after")
    }
    share = {name: scaled(F.col(f"_after_due_{name}") - F.col(f"_before_due_{name}"), scale, 18) for name in shares}
    kept = [column for column in frame.columns if column not in shares]
    return placed.withColumns(due).select(*kept, *(column.alias(name) for name, column in share.items()))


def _place(name: str) -> dict[str, Column]:
    """Where the row begins and ends on the way from zero to the sum of weights, or of rows where that sum is zero."""
    is_even = F.col(f"_sum_{name}") == 0
    after = F.when(is_even, F.col("_row")).otherwise(F.col(f"_upto_{name}"))
    before = F.when(is_even, F.col("_row") - 1).otherwise(F.col(f"_upto_{name}") - F.col(f"_own_{name}"))
    return {
        f"_after_{name}": whole(after, 19),
        f"_before_{name}": whole(before, 19),
        f"_whole_{name}": whole(F.when(is_even, F.col("_rows")).otherwise(F.col(f"_sum_{name}")), 38),
    }
