"""The shipped sources over real files: the figures that their publishers or two other engines give come out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import SparkSession

from lakehouse.ask.asking import ask
from lakehouse.semantic.query import Calendar, Query
from tests.runs.shops import Runner


def loaded(spark: SparkSession, engine: str, source: str, landing: Path, lake: Path, currency: str = "USD") -> Runner:
    runner = Runner(spark, engine, lake, landing, (source,), currency)
    runner.run()
    return runner


def totals(runner: Runner, *metrics: str) -> dict[str, Any]:
    """The metrics' values over the only year that the files are of."""
    answer = ask(runner.snapshot(), runner.workspace.metrics, Query(metrics, Calendar.YEAR)).rows.to_pylist()
    assert len(answer) == 1
    return {name: answer[0][name] for name in metrics}


def asked(runner: Runner, sql: str, *tables: str) -> tuple[Any, ...]:
    (row,) = runner.snapshot().query(sql, tables).to_pylist()
    return tuple(row.values())


@pytest.fixture(scope="module")
def online_retail(
    spark: SparkSession, engine: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Runner:
    folder = shared_data / "uci_online_retail_2010-12"
    return loaded(spark, engine, "online_retail", folder, tmp_path_factory.mktemp("lake"), "GBP")


class TestOnlineRetail:
    def test_published_figures(self, online_retail: Runner) -> None:
        found = totals(online_retail, "total_orders", "refunds", "net_revenue")
        assert found == {"total_orders": 1559, "refunds": Decimal("74789.12"), "net_revenue": Decimal("748957.02")}

    def test_sale_lines_are_those_of_another_engine(self, online_retail: Runner, shared_data: Path) -> None:
        files = str(shared_data / "uci_online_retail_2010-12" / "*.csv")
        lines, value = duckdb.execute(
            "select count(*), sum(quantity::decimal(18,3) * unitprice::decimal(18,4))::decimal(18,2) "
            "from read_csv(?, all_varchar = true) "
            "where regexp_full_match(invoiceno, '[0-9]+') and quantity::int > 0 and unitprice::decimal(18,4) > 0",
            [files],
        ).fetchall()[0]
        assert value == Decimal("823746.14")
        mine = asked(online_retail, "select count(*), sum(total_amount) from fact_order_lines", "gold.fact_order_lines")
        assert mine == (lines, value)

    def test_cancelled_invoices(self, online_retail: Runner) -> None:
        sql = "select count(distinct split_part(refund_id, '-', 1)) from fact_refunds"
        assert asked(online_retail, sql, "gold.fact_refunds") == (326,)


class TestJaffleShop:
    def test_published_figures(self, spark: SparkSession, engine: str, shared_data: Path, tmp_path: Path) -> None:
        lake = loaded(spark, engine, "jaffle_shop", shared_data / "jaffle_shop_classic" / "seeds", tmp_path / "lake")
        assert asked(lake, "select count(*) from fact_orders", "gold.fact_orders") == (99,)
        assert asked(lake, "select count(*), sum(transaction_amount) from fact_payments", "gold.fact_payments") == (
            113,
            Decimal("1672.00"),
        )
        assert asked(lake, "select count(distinct customer_key) from fact_orders", "gold.fact_orders") == (62,)
        first = "select min(attempt_date) = min(order_date) from fact_payments join fact_orders using (order_key)"
        assert asked(lake, first, "gold.fact_payments", "gold.fact_orders") == (True,)
        accounts = "select count(*) from dim_customers where customer_type = 'registered'"
        assert asked(lake, accounts, "gold.dim_customers") == (100,)


class TestShopify:
    def test_lines_transactions_and_refunds_are_linked(
        self, spark: SparkSession, engine: str, shared_data: Path, tmp_path: Path
    ) -> None:
        folder = shared_data / "shopify_fixtures" / "test" / "fixtures"
        lake = loaded(spark, engine, "shopify", folder, tmp_path / "lake")
        orders = asked(lake, "select count(*), sum(line_count) from fact_orders", "gold.fact_orders")
        assert orders[0] > 0
        assert orders[1] > 0
        unlinked = "select count(*) from fact_order_lines anti join fact_orders using (order_key)"
        assert asked(lake, unlinked, "gold.fact_order_lines", "gold.fact_orders") == (0,)


class TestStripe:
    def test_failed_charges_are_attempts(
        self, spark: SparkSession, engine: str, shared_data: Path, tmp_path: Path
    ) -> None:
        folder = shared_data / "fivetran_dbt_stripe" / "integration_tests" / "seeds"
        lake = loaded(spark, engine, "stripe", folder, tmp_path / "lake")
        sql = "select count(*) filter (status = 'failed') from payments where not _is_deleted"
        assert asked(lake, sql, "silver.payments") == (16,)
        assert asked(lake, "select count(*) from refunds", "silver.refunds") == (4,)
