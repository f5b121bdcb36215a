"""A shop's files in, its published KPIs out.

import lakehouse

lake = lakehouse.open("build/demo/lake")
lake.query("total_revenue", by="country", grain="month").to_pandas()
"""

__version__ = "0.1.0"

__all__ = ["open"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from lakehouse.ask.lake import Lake


def open(  # noqa: A001
    location: "str | Path | None" = None,
    *,
    env: str = "local",
    conf: "str | Path | None" = None,
    run_id: str | None = None,
    engine: str = "duckdb",
) -> "Lake":
    """A published lake to ask: a folder or an s3:// prefix, by default that of the environment `env`.

    `run_id` opens what an earlier run published; `engine` is duckdb (in this process, nothing is started), sail, spark,
    or the address of a Spark Connect server. NothingArrivedError if nothing was published there yet.
    """
    # Imported here, so that whoever imports the package for something else does not wait for it.
    from lakehouse.ask.lake import open_lake

    return open_lake(location, env=env, conf=conf, run_id=run_id, engine=engine)
