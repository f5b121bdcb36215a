"""Published rows as Tableau extracts: a `.hyper` file of each data set and each mart by period, and its data source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from lxml import etree
from sqlglot import exp

from lakehouse.ask.installed import need
from lakehouse.semantic.exports.tableau import Place, sources
from lakehouse.semantic.exports.tableau_source import Connection, TableauSource

if TYPE_CHECKING:
    from lakehouse.ask.lake import Lake

SCHEMA = "Extract"
"""Where Tableau looks for the tables of an extract."""

Rows = dict[str, int]


def write_extracts(lake: Lake, out: Path, names: Sequence[str] = ()) -> dict[str, Rows]:
    """Write the extracts, all or those named; how many rows each table has, by file name.

    Each has its rows and the tables of dimensions that they lead to, all of one snapshot, and a `.tds` beside it with
    captions, folders, formats and calculated fields. ConfigurationError if Tableau's library is not installed.
    """
    hyper = need("tableauhyperapi", "hyper")
    out.mkdir(parents=True, exist_ok=True)
    business = lake.snapshot.manifest.basis.business
    quiet = {"telemetry": hyper.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "parameters": {"log_config": ""}}
    written = {}
    with hyper.HyperProcess(**quiet) as process, TemporaryDirectory() as folder:
        for source in sources(lake.definitions, Place(_connection(""), business.currency, business.week_start)):
            if not names or source.name in names:
                file = out / f"{source.name}.hyper"
                told = source.text(_connection(file.name))
                file.with_suffix(".tds").write_text(told, encoding="utf-8")
                written[file.name] = _extract(hyper, process.endpoint, lake, source, file, Path(folder))
    return written


def _extract(hyper: Any, endpoint: Any, lake: Lake, source: TableauSource, file: Path, folder: Path) -> Rows:
    """The tables by way of Parquet files, which Hyper reads itself, types and all."""
    mode = hyper.CreateMode.CREATE_AND_REPLACE
    rows = {}
    with hyper.Connection(endpoint, file, mode) as connection:
        connection.catalog.create_schema(SCHEMA)
        for table in source.tables:
            parquet = folder / f"{table}.parquet"
            if not parquet.exists():
                pq.write_table(lake.sql(exp.select("*").from_(table).sql(dialect="duckdb")), parquet)
            file_ = exp.Anonymous(this="external", expressions=[exp.Literal.string(str(parquet))])
            columns = [exp.column(column.remote) for column in source.columns if column.table == table]
            read = exp.select(*columns).from_(exp.Table(this=file_))
            place = exp.table_(table, SCHEMA, quoted=True)
            connection.execute_command(_sql(exp.Create(this=place, kind="TABLE", expression=read)))
            counted = exp.select(exp.Count(this=exp.Star())).from_(place.copy())
            rows[table] = connection.execute_scalar_query(_sql(counted))
    return rows


def _sql(tree: exp.Expr) -> str:
    """Hyper's SQL is PostgreSQL's."""
    return tree.sql(dialect="postgres")


def _connection(file: str) -> Connection:
    """A connection to an extract that lies beside the data source."""
    named = etree.Element("named-connection", caption=file, name="hyper")
    told = {"class": "hyper", "dbname": file, "schema": SCHEMA, "authentication": "auth-none"}
    etree.SubElement(named, "connection", told)
    return Connection(SCHEMA, "", named)
