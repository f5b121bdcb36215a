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
    position: str,
    scale: int = 2,
) -> DataFrame:
    """`frame` plus a column for each of `shares` (name → column of the total, column of the weight).

    Each row gets its share of its partition's total in proportion to its weight, adding up to the total to the last
    digit. A total is the same on all rows of a partition; `position` numbers them from 1 and so decides where the odd
    cents go. Weights are decimals of at most 4 fraction digits, of any sign, null meaning zero; where they add up to
    zero the total is spread evenly. Weights that add up to the total come back as they are.
    """
    weights = {weight: f"weight_{n}" for n, weight in enumerate(dict.fromkeys(weight for _, weight in shares.values()))}
    own = {f"_own_{name}": _weight(weight) for weight, name in weights.items()}
    summed = _summed(frame.withColumns(own), list(weights.values()), partition_by, position)
    places = (_place(name, position) for name in weights.values())
    placed = summed.withColumns({column: place for of_weight in places for column, place in of_weight.items()})
    due = {
        f"_{edge}_due_{name}": divided(
            unscaled(F.col(total), scale, 18) * F.col(f"_{edge}_{weights[weight]}"), F.col(f"_whole_{weights[weight]}")
        )
        for name, (total, weight) in shares.items()
        for edge in ("before", "after")
    }
    share = {name: scaled(F.col(f"_after_due_{name}") - F.col(f"_before_due_{name}"), scale, 18) for name in shares}
    kept = [column for column in frame.columns if column not in shares]
    return placed.withColumns(due).select(*kept, *(column.alias(name) for name, column in share.items()))


def _weight(weight: str) -> Column:
    return F.coalesce(unscaled(F.col(weight), _WEIGHT_SCALE, 18), whole(F.lit(0), 18))


def _summed(frame: DataFrame, names: Sequence[str], partition_by: Sequence[str], position: str) -> DataFrame:
    """The sums of `_own_…` over the partition as `_sum_…` and up to the row as `_upto_…`, and `_rows`.

    Column by column and step by step: as one expression the windows would be planned once for every mention. Each
    weight once, however many totals it is of: a sum up to the row costs most here.
    """
    rows = Window.partitionBy(*partition_by)
    upto = rows.orderBy(position).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    sums = {f"_sum_{name}": F.sum(f"_own_{name}").over(rows) for name in names}
    running = {f"_upto_{name}": F.sum(f"_own_{name}").over(upto) for name in names}
    return frame.withColumns({**sums, **running, "_rows": F.count(F.lit(1)).over(rows)})


def _place(name: str, position: str) -> dict[str, Column]:
    """Where the row begins and ends on the way from zero to the sum of weights, or of rows where that sum is zero."""
    is_even = F.col(f"_sum_{name}") == 0
    after = F.when(is_even, F.col(position)).otherwise(F.col(f"_upto_{name}"))
    before = F.when(is_even, F.col(position) - 1).otherwise(F.col(f"_upto_{name}") - F.col(f"_own_{name}"))
    return {
        f"_after_{name}": whole(after, 19),
        f"_before_{name}": whole(before, 19),
        f"_whole_{name}": whole(F.when(is_even, F.col("_rows")).otherwise(F.col(f"_sum_{name}")), 38),
    }
