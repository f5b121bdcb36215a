"""Whole frames: the latest row of each key, a row for each day, and the ways between frames and Arrow."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from lakehouse.spark import Column, DataFrame, F, SparkSession, Window

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql.types import StructType

    Way = Callable[[SparkSession, pa.Table], DataFrame]

_RANK = "_rank"
_WRITERS = 2
_MESSAGE_BYTES = 100_000
"""A plan holds the rows of all tables in memory that it names, each time it does; Sail (0.7.2) takes 128 MB a plan."""

_ways: MutableMapping[SparkSession, Way] = WeakKeyDictionary()


def latest(frame: DataFrame, keys: Sequence[str], order_by: Sequence[Column]) -> DataFrame:
    """The first row of each key; `order_by` is a total order of a key's rows, the one to keep first."""
    rank = F.row_number().over(Window.partitionBy(*keys).orderBy(*order_by))
    return frame.withColumn(_RANK, rank).where(F.col(_RANK) == 1).drop(_RANK)


def expand_days(frame: DataFrame, from_column: str, to_column: str, as_name: str) -> DataFrame:
    """Each row once for every day from one column to the other, both included; none where the range is empty."""
    begin, end = F.col(from_column), F.col(to_column)
    days = F.when(begin <= end, F.sequence(begin, F.greatest(begin, end), F.expr("interval 1 day")))
    return frame.withColumn(as_name, F.explode(days))


def spread_for_writing(frame: DataFrame, partition_by: Sequence[str]) -> DataFrame:
    """The same rows shuffled so that few large files are written, those of a table partition together.

    Spark sizes the files itself; 3.5 takes no columns for that from Python. Sail has no such hint, and there the
    shuffle is needed for another reason: it looks for nulls in columns that can not have any before it filters the rows
    that are written, unless one stands between.
    """
    columns = [F.col(name) for name in partition_by]
    if is_connect(frame.sparkSession):
        return frame.repartition(*columns) if columns else frame.repartition(_WRITERS)
    if columns and not _has_arrow():
        return frame.repartition(*columns)
    return frame.hint("rebalance", *columns)


def is_connect(session: SparkSession) -> bool:
    """Whether the session speaks Spark Connect, as Sail's does, and not to a JVM of this process."""
    return "connect" in type(session).__module__


def nullable(frame: DataFrame) -> DataFrame:
    """The same rows with every column nullable, also when written to a new table.

    A union decides it on every engine: each sees through some condition that is always true.
    """
    from pyspark.sql.types import StructField, StructType

    schema = StructType([StructField(field.name, field.dataType, nullable=True) for field in frame.schema.fields])
    return frame.sparkSession.createDataFrame([], schema).union(frame)


def hand_over_by(spark: SparkSession, way: Way) -> None:
    """Have `from_arrow` give this session by `way` what is too large for one message to it, or all if it has no own."""
    _ways[spark] = way


def from_arrow(spark: SparkSession, table: pa.Table) -> DataFrame:
    """The table as a frame; Spark 3.5 has no way of its own.

    As one batch: Spark (4.1) leaves out, without a word, all rows that come after a batch without any. What is too
    large for a message goes by the way that the session has for it.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(table.schema)
    if table.num_rows == 0:
        return spark.createDataFrame([], schema)
    table = table.combine_chunks()
    way = _ways.get(spark)
    if way is not None and (table.nbytes > _MESSAGE_BYTES or not _has_arrow()):
        return way(spark, table)
    if _has_arrow():
        return spark.createDataFrame(table)
    import pyarrow as pa

    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    content = sink.getvalue()

    def read(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for _ in batches:  # Spark's end of the pipe breaks where its rows are not read.
            pass
        yield from pa.ipc.open_stream(content)

    return spark.range(1, numPartitions=1).mapInArrow(read, schema)


def to_arrow(frame: DataFrame) -> pa.Table:
    """All rows as an Arrow table; Spark 3.5 has no public way."""
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    if _has_arrow() and is_connect(frame.sparkSession):
        # `toArrow` has the plan analyzed for a schema that comes with the rows, too.
        fetch: Callable[[], tuple[pa.Table, StructType]] = getattr(frame, "_to_table")  # noqa: B009
        rows, schema = fetch()
        return rows.cast(to_arrow_schema(schema))
    if _has_arrow():
        return frame.toArrow()
    collect: Callable[[], list[pa.RecordBatch]] = getattr(frame, "_collect_as_arrow")  # noqa: B009 (as public as it gets)
    return pa.Table.from_batches(collect(), schema=to_arrow_schema(frame.schema))


def _has_arrow() -> bool:
    """Whether frames know Arrow: whether this is PySpark 4."""
    return hasattr(DataFrame, "toArrow")
