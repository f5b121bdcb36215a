"""Spreading a total over rows to the last digit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.verbs.numbers import divided, scaled, unscaled, whole

_WEIGHT_SCALE = 4


def allocate(
    frame: DataFrame,
    shares: Mapping[str, tuple[str, str]],
    partition_by: Sequence[str],
    order_by: Sequence[Column],
    scale: int = 2,
) -> DataFrame:
    """`frame` plus a column for each of `shares` (name → column of the total, column of the weight).

    Each row gets its share of its partition's total in proportion to its weight, adding up to the total to the last
    digit. A total is the same on all rows of a partition; `order_by` is a total order of them and decides where the odd
    cents go. Weights are decimals of at most 4 fraction digits, of any sign, null meaning zero; where they add up to
    zero the total is spread evenly. Weights that add up to the total come back as they are.
    """
    rows = Window.partitionBy(*partition_by)
    upto = rows.orderBy(*order_by).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    # Column by column and step by step: as one expression the windows would be planned once for every mention.
    own = {f"_own_{name}": _weight(weight) for name, (_, weight) in shares.items()}
    sums = {f"_sum_{name}": F.sum(f"_own_{name}").over(rows) for name in shares}
    running = {f"_upto_{name}": F.sum(f"_own_{name}").over(upto) for name in shares}
    counts = {"_rows": F.count(F.lit(1)).over(rows), "_row": F.count(F.lit(1)).over(upto)}
    measured = frame.withColumns(own).withColumns({**sums, **running, **counts})
    placed = measured.withColumns({column: place for name in shares for column, place in _place(name).items()})
    due = {
        f"_{edge}_due_{name}": divided(
            unscaled(F.col(total), scale, 18) * F.col(f"_{edge}_{name}"), F.col(f"_whole_{name}")
        )
        for name, (total, _) in shares.items()
        for edge in ("before", "after")
    }
    share = {name: scaled(F.col(f"_after_due_{name}") - F.col(f"_before_due_{name}"), scale, 18) for name in shares}
    kept = [column for column in frame.columns if column not in shares]
    return placed.withColumns(due).select(*kept, *(column.alias(name) for name, column in share.items()))


def _weight(weight: str) -> Column:
    return F.coalesce(unscaled(F.col(weight), _WEIGHT_SCALE, 18), whole(F.lit(0), 18))


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
