"""The plain script's work by DuckDB into Parquet files: what one machine can do at most.

Parquet files have no transaction log: a reader meanwhile sees some old tables and some new ones.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import duckdb

from benchmarks.plain_tables import OBJECTS, TABLES, dim_dates

SPARK_FUNCTIONS = """
create macro from_utc_timestamp(instant, zone) as timezone(zone, timezone('UTC', instant));
create macro sha2(content, bits) as sha256(content);
create macro datediff(last, first) as date_diff('day', first, last);
"""
"""The functions of Spark's SQL that DuckDB knows by another name."""


def build(landing: Path, lake: Path) -> None:
    """Write all silver, gold and KPI tables from all files in landing; a temporary file takes what exceeds memory."""
    shutil.rmtree(lake, ignore_errors=True)
    lake.mkdir(parents=True)
    with duckdb.connect(str(lake / "views.duckdb")) as connection:
        connection.execute("set enable_progress_bar = false; set preserve_insertion_order = false")
        connection.execute(SPARK_FUNCTIONS)
        for name, suffix in OBJECTS.items():
            files = f"{landing}/{name}/*.{suffix}"
            options = "header = true, all_varchar = true, quote = '\"'"
            connection.execute(f"create view landing_{name} as from read_csv('{files}', {options})")
        for table in TABLES:
            path = lake / table.layer / table.name
            path.mkdir(parents=True)
            if table.name == "dim_dates":
                connection.register("calendar", dim_dates())
                connection.execute(f"copy calendar to '{path}/all.parquet'")
            elif table.partition_by:
                connection.execute(
                    f"copy ({table.sql}) to '{path}' (format parquet, partition_by {table.partition_by})"
                )
            else:
                connection.execute(f"copy ({table.sql}) to '{path}/all.parquet'")
            connection.execute(
                f"create view {table.name} as from read_parquet('{path}/**/*.parquet', hive_partitioning = true)"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--lake", type=Path, required=True)
    arguments = parser.parse_args()
    build(arguments.landing.resolve(), arguments.lake.resolve())


if __name__ == "__main__":
    main()
