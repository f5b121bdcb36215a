"""Rows as the frames of other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.ask.installed import need

if TYPE_CHECKING:
    import pandas as pd


def as_pandas(rows: pa.Table) -> pd.DataFrame:
    """Rows as pandas has them: amounts as floats, days as timestamps, counts as whole numbers or none."""
    pandas = need("pandas", "notebook")
    integers = {pa.int64(): pandas.Int64Dtype(), pa.int32(): pandas.Int32Dtype()}
    columns = [_as_numpy_has_it(column) for column in rows.columns]
    frame: pd.DataFrame = pa.table(columns, names=rows.column_names).to_pandas(types_mapper=integers.get)
    return frame


def _as_numpy_has_it(column: Any) -> Any:
    """Decimals as floats, exact up to 90 trillion, and days as timestamps: what every library draws and sums."""
    if pa.types.is_decimal(column.type):
        return pc.cast(column, pa.float64())
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.timestamp("us"))
    return column
