"""A snapshot is proven by all that is known of it; whatever is wrong is found and named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from lakehouse.errors import ConfigurationError, IntegrityError
from lakehouse.runs.chain import successor
from lakehouse.runs.manifest import Kind, Manifest, Snapshots
from lakehouse.runs.pins import pin
from lakehouse.runs.proofs import proof_uri
from lakehouse.runs.verify import Verification, proven, verify
from lakehouse.semantic.load import load_metrics
from lakehouse.settings import Storage
from lakehouse.storage.versions import open_version
from tests.cli.command import CONF
from tests.runs.shops import Runner, make_shop


@dataclass(frozen=True)
class Published:
    """A copy of a lake, to be damaged."""

    root: Path

    def verify(self, run_id: str | None = None) -> Verification:
        snapshot, manifests = proven(str(self.root), Storage(), run_id)
        return verify(snapshot, manifests, load_metrics(CONF / "metrics"), lambda _step, _what: None)

    @property
    def manifest(self) -> Manifest:
        return proven(str(self.root), Storage())[0].manifest

    def file(self, name: str) -> Path:
        """One of a table's data files."""
        return Path(min(self.delta(name).file_uris()))

    def commit(self, name: str, version: int) -> Path:
        return self.root / name.replace(".", "/") / "_delta_log" / f"{version:020}.json"

    def delta(self, name: str) -> DeltaTable:
        return open_version(str(self.root), name, Storage())

    def rewrite(self, name: str, change: Callable[[pa.Table], pa.Table]) -> None:
        """Publish a table's rows with a change, so that all that is written down of it is right."""
        uri = self.delta(name).table_uri
        write_deltalake(uri, change(self.delta(name).to_pyarrow_table()), mode="overwrite")
        base = self.manifest
        tables = {**base.tables, name: pin(self.delta(name))}
        Snapshots(str(self.root), Storage()).publish(
            successor(base, Kind.RUN, tables, base.fencing_token), lambda: None
        )


@pytest.fixture(scope="module")
def lake(spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of a shop, published by one run."""
    folder = tmp_path_factory.mktemp("shop")
    shop = make_shop(folder / "files", days=3, orders_per_day=10, dirty=0.03)
    shop.deliver(shop.days, folder / "landing")
    Runner(spark, engine, folder / "lake", folder / "landing").run()
    return folder / "lake"


@pytest.fixture
def published(lake: Path, tmp_path: Path) -> Published:
    shutil.copytree(lake, tmp_path / "lake")
    return Published(tmp_path / "lake")


def test_all_is_well(published: Published) -> None:
    first = published.verify()
    assert (first.differences, first.manifests, first.compared_with) == ((), 1, None)
    assert {table.table: table.rows for table in first.tables} == {
        name: pinned.rows for name, pinned in published.manifest.tables.items()
    }
    assert first.rules > 80
    again = published.verify(first.run_id)
    assert (again.differences, again.compared_with) == ((), first.run_id)


def test_an_unknown_run_is_2(published: Published) -> None:
    with pytest.raises(ConfigurationError, match="no run 'none' is kept"):
        published.verify("none")


def _delete(published: Published) -> None:
    published.file("gold.fact_orders").unlink()


def _cut(published: Published) -> None:
    path = published.file("gold.fact_orders")
    path.write_bytes(path.read_bytes()[:-100])


def _scramble(published: Published) -> None:
    path = published.file("silver.orders")
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) // 2) + content[4 + len(content) // 2 :])


def _lose_a_commit(published: Published) -> None:
    published.commit("kpi.kpi_orders_daily", 1).unlink()


def _alter_a_commit(published: Published) -> None:
    path = published.commit("gold.dim_dates", 1)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith('{"add"')) + "\n")


def _swap(published: Published) -> None:
    """Other values in a file of the same size and name, and as many rows."""
    path = published.file("gold.fact_payments")
    table = pq.read_table(path)
    column = table.column_names.index("amount")
    larger = pc.multiply(table["amount"], Decimal("1000.00")).cast(table.schema.field("amount").type)
    overwrite(path, table.set_column(column, table.schema.field("amount"), larger))


def overwrite(path: Path, table: pa.Table) -> None:
    """Put other rows into a file that stays as large as it is."""
    size = path.stat().st_size
    pq.write_table(table, path, compression="zstd", compression_level=19, write_statistics=False)
    content = path.read_bytes()
    end = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    path.write_bytes(content[:end] + bytes(size - len(content)) + content[end:])
    assert path.stat().st_size == size


DAMAGES: list[tuple[Callable[[Published], None], str]] = [
    (_delete, r"gold/fact_orders/.*\.parquet is missing"),
    (_cut, r"gold/fact_orders/.*\.parquet has [\d,]+ bytes, and was written with [\d,]+"),
    (_scramble, r"silver/orders can not be read"),
    (_lose_a_commit, r"kpi/kpi_orders_daily is not there at version 1, which was published"),
    (_alter_a_commit, r"gold/dim_dates: its log at version 1 is not what was published"),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
def test_damage_is_found(published: Published, damage: Callable[[Published], None], told: str) -> None:
    damage(published)
    found = published.verify()
    assert len(found.differences) == 1
    with pytest.raises(IntegrityError, match=told) as different:
        found.require()
    assert different.value.exit_code == 7
    assert not Path(proof_uri(str(published.root), found.run_id)).exists()


def _set(table: pa.Table, name: str, row: int, value: Any) -> pa.Table:
    values = table[name].to_pylist()
    values[row] = value(values[row]) if callable(value) else value
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, pa.array(values, field.type))


def _cent_more(value: Decimal) -> Decimal:
    return value + Decimal("0.01")


CHANGES: list[tuple[str, str, Callable[[pa.Table], pa.Table], str]] = [
    (
        "a line of a cent more",
        "gold.fact_order_lines",
        lambda rows: _set(rows, "shipping_amount", 0, _cent_more),
        "gold.fact_order_lines add up to their gold.fact_orders, to the cent: 1 rows",
    ),
    (
        "an order without its lines",
        "gold.fact_order_lines",
        lambda rows: rows.filter(pc.not_equal(rows["order_key"], rows["order_key"][0])),
        "gold.fact_order_lines add up to their gold.fact_orders, to the cent: 1 rows",
    ),
    (
        "a repeated row",
        "silver.customers",
        lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]),
        "silver.customers: customer_id is unique: 1 rows",
    ),
    (
        "a product that is nowhere",
        "gold.fact_order_lines",
        lambda rows: _set(rows, "product_key", 0, "gone"),
        "gold.fact_order_lines: product_key points to dim_products: 1 rows",
    ),
    (
        "a day of one order more",
        "kpi.kpi_orders_daily",
        lambda rows: _set(rows, "total_orders", 0, lambda count: count + 1),
        "kpi.kpi_orders_daily: total_orders is what fact_orders adds up to by day: 1 rows",
    ),
    (
        "a day of a cent more",
        "kpi.kpi_revenue_daily",
        lambda rows: _set(rows, "total_revenue", 0, _cent_more),
        "kpi.kpi_revenue_daily: total_revenue is what fact_orders adds up to by day: 1 rows",
    ),
]


@pytest.mark.parametrize(("name", "change", "told"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_what_contradicts_itself_is_found(
    published: Published, name: str, change: Callable[[pa.Table], pa.Table], told: str
) -> None:
    published.rewrite(name, change)
    assert told in "\n".join(published.verify().differences)


def test_a_ledger_that_says_something_else_is_found(published: Published) -> None:
    base = published.manifest
    published.rewrite("runs.objects", lambda rows: _set(rows, "record_count", 0, lambda count: count + 1))
    tables = {"runs.objects": published.manifest.tables["runs.objects"]}
    forged = base.model_copy(update={"tables": {**base.tables, **tables}})
    snapshot, manifests = proven(str(published.root), Storage())
    found = verify(type(snapshot)(snapshot.root, snapshot.storage, forged), manifests, None, lambda _step, _what: None)
    assert found.differences == (f"runs.objects: the files of run {base.run_id} are not those that its manifest names",)


def test_values_out_of_what_the_log_says_are_found(published: Published) -> None:
    _swap(published)
    found = published.verify()
    assert any("column amount is not what was written" in difference for difference in found.differences)


def test_columns_must_add_up_as_they_did_before(published: Published) -> None:
    first = published.verify()
    path = published.file("silver.customers")
    table = pq.read_table(path)
    emails = table["email"].to_pylist()
    at = next(number for number, email in enumerate(emails) if email)
    overwrite(path, _set(table, "email", at, emails[at][::-1]))
    (difference,) = published.verify().differences
    assert difference.startswith("silver.customers: column email adds up to ")
    assert f"when run {first.run_id} was verified" in difference
    assert "@" not in difference


def test_a_broken_chain_is_found(published: Published) -> None:
    published.rewrite("silver.customers", lambda rows: rows)
    parent = published.manifest.parent_run_id
    path = published.root / "_snapshots" / f"{parent}.json"
    path.write_bytes(path.read_bytes().replace(b'"EUR"', b'"USD"'))
    with pytest.raises(IntegrityError, match=rf"{parent}\.json .* its hash differs"):
        published.verify()
