"""`python -m tests.storage.write_by_engine ENGINE ENDPOINT LAKE`: an engine writes a table in a bucket, and reads it.

A process of its own: the jars for buckets are named when a session begins.
"""

from __future__ import annotations

import json
import sys

from lakehouse.session import open_session
from lakehouse.settings import Storage
from lakehouse.storage.lake import Lake
from lakehouse.storage.write import Partitions, Writer
from tests.object_storage import REGION
from tests.rows import rows
from tests.runs.small_lake import EVENTS

FIRST, SECOND = "2026-01-01", "2026-01-02"


def written(engine: str, endpoint: str, root: str) -> dict[str, list[str]]:
    """The events of each version of the table, as the engine reads them after all writes."""
    storage = Storage(endpoint_url=endpoint, region=REGION)
    with open_session(engine, s3=storage, cores=2) as spark:
        lake = Lake(root, storage)
        writer = Writer(lake, spark, "run-1")
        first, second = ({"event": name, "day": day} for name, day in (("a", FIRST), ("b", SECOND)))
        writer.replace(EVENTS, rows(spark, EVENTS, first, second))
        writer.replace(EVENTS, rows(spark, EVENTS, {**second, "event": "c"}), Partitions("day", [SECOND]))
        found = {
            str(version): sorted(row["event"] for row in lake.read(spark, EVENTS, version).collect())
            for version in (1, 2)
        }
        return {**found, "latest": sorted(row["event"] for row in lake.read(spark, EVENTS).collect())}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(written(*sys.argv[1:])))
