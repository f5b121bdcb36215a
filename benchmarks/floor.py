"""The floor: start an engine and append one row to each of the given tables, as Delta commits. No run can take less."""

from __future__ import annotations

import argparse
from pathlib import Path

from lakehouse.session import open_session


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sail", "spark"], required=True)
    parser.add_argument("--lake", type=Path, required=True)
    parser.add_argument("tables", nargs="+", help="Names such as gold.fact_orders; created where they are not there.")
    arguments = parser.parse_args()
    with open_session(arguments.engine) as spark:
        for table in arguments.tables:
            path = arguments.lake.resolve() / table.replace(".", "/", 1)
            spark.range(1).write.format("delta").mode("append").save(str(path))


if __name__ == "__main__":
    main()
