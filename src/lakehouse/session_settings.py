"""What every Spark session is set to, of which some decides results and some only what they cost."""

from __future__ import annotations

from collections.abc import Mapping

SEMANTICS: Mapping[str, str] = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
}
"""What every session must have, on every engine: it decides results."""

CALL_SITES: Mapping[str, str] = {"spark.python.sql.dataFrameDebugging.enabled": "false"}
"""PySpark 4 notes the caller of every function for its messages; that took a third of a small run's time."""

ALL_BUT_SAIL: Mapping[str, str] = {
    # Dates and timestamps as the Parquet standard has them, not as Spark 2 or Hive wrote them.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # What rows in memory are turned into is computed by tasks, not by the driver alone, term by term.
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.ConvertToLocalRelation",
    # Larger ones stay the Arrow batches that they came as: a local relation is copied into every plan that names it.
    "spark.sql.execution.arrow.localRelationThreshold": "64KB",
}
"""What Spark has and Sail has not."""

DELTA: Mapping[str, str] = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
