"""A plain PySpark and Delta script, as people write it: read all files, deduplicate, join, aggregate, overwrite.

It has no bronze, no quarantine, no checks, no history of runs and no published snapshot, and it trusts what it reads.
The session is lakehouse's own, so that what is compared is the work and not the settings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from benchmarks.plain_tables import OBJECTS, TABLES, PlainTable, dim_dates
from lakehouse.session import open_session


def build(spark: SparkSession, landing: Path, lake: Path) -> None:
    """Write all silver, gold and KPI tables from all files in landing."""
    for name, suffix in OBJECTS.items():
        read(spark, landing / name, suffix).createOrReplaceTempView(f"landing_{name}")
    for table in TABLES:
        rows = spark.createDataFrame(dim_dates()) if table.name == "dim_dates" else spark.sql(table.sql)
        overwrite(rows, table, lake / table.layer / table.name)
        spark.read.format("delta").load(str(lake / table.layer / table.name)).createOrReplaceTempView(table.name)


def read(spark: SparkSession, folder: Path, suffix: str) -> DataFrame:
    """All files of an object, every column as text."""
    first = min(folder.glob(f"*.{suffix}"))
    reader = spark.read.option("header", True).option("escape", '"')
    if suffix == "csv.gz":
        reader = reader.option("compression", "gzip")
    schema = reader.csv(str(first)).schema
    return reader.schema(schema).csv(f"{folder}/*.{suffix}")


def overwrite(rows: DataFrame, table: PlainTable, path: Path) -> None:
    writer = rows.write.format("delta").mode("overwrite")
    if table.partition_by:
        writer = writer.partitionBy(table.partition_by)
    writer.save(str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sail", "spark"], required=True)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--lake", type=Path, required=True)
    arguments = parser.parse_args()
    with open_session(arguments.engine) as spark:
        build(spark, arguments.landing.resolve(), arguments.lake.resolve())


if __name__ == "__main__":
    main()
