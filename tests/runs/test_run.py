"""Stories of a run: what arrives, what is made of it, and that readers see all of it or what was before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lakehouse.errors import (
    ConfigurationError,
    InputRejectedError,
    IntegrityError,
    NothingArrivedError,
    QualityBlockedError,
)
from lakehouse.quality.ledger import OBJECTS
from lakehouse.runs.context import Progress
from lakehouse.runs.day_states import State
from lakehouse.runs.report import EntityBalance, RunReport, Status
from lakehouse.silver.versions import Outcome
from lakehouse.sources.mapping import map_rows
from lakehouse.storage.objects import LocalStore, StoredObject
from tests.runs.small_shop import SmallShop

FIRST = {"o1": "1.00", "o2": "2.00"}


def balance(report: RunReport, entity: str) -> EntityBalance:
    [found] = [balance for balance in report.balances if balance.entity == entity]
    return found


def only(entity: str, rows: int, **outcomes: int) -> EntityBalance:
    counts = {outcome.value: 0 for outcome in Outcome if outcome is not Outcome.RETIRED}
    return EntityBalance(entity=entity, rows=rows, **{**counts, **outcomes})


class TestArrivals:
    def test_nothing_new_changes_nothing(self, shop: SmallShop) -> None:
        before = shop.snapshot().manifest
        (shop.landing / "lines_1.csv").unlink()
        report = shop.run()
        assert (report.status, report.run_id, report.tables) == (Status.UNCHANGED, before.run_id, ())
        assert shop.snapshot().manifest == before
        assert shop.tells == []

    @pytest.mark.parametrize("full", [False, True])
    def test_every_step_says_how_far_it_is(self, shop: SmallShop, full: bool) -> None:
        shop.deliver("orders_2", "o3,2026-01-07,placed,2.00,1")
        steps: list[Progress] = []
        shop.run(full=full, follow=steps.append)
        assert [step.number for step in steps] == list(range(1, len(steps) + 1))
        assert {step.planned for step in steps} == {len(steps)}

    def test_the_same_content_again_is_unchanged_and_other_content_is_new(self, shop: SmallShop) -> None:
        before = shop.facts()
        os.utime(shop.landing / "orders_1.csv", (2e9, 2e9))
        shutil.copy(shop.landing / "lines_1.csv", shop.landing / "lines_copy.csv")
        shop.deliver("customers_1", "c1,ann@example.org,2", minute=1)
        report = shop.run()
        assert balance(report, "orders") == only("orders", 2, unchanged=2)
        assert balance(report, "order_lines") == only("order_lines", 3, unchanged=3)
        assert balance(report, "customers") == only("customers", 1, loaded=1)
        after = shop.facts()
        assert [row["email"] for row in after["silver.customers"]] == ["ann@example.org"]
        assert [row["_version"] for row in after["silver.customer_versions"]] == [1, 2]
        for name in ("silver.orders", "silver.order_lines", "gold.shipped"):
            assert after[name] == before[name]
        assert len(shop.published("bronze.corner__lines")) == 2 * (3 + 1)

    def test_a_file_that_is_still_written_comes_with_the_next_run(
        self, shop: SmallShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listing = LocalStore.list

        def listed_while_written(store: LocalStore, prefix: str) -> Iterator[StoredObject]:
            for file in listing(store, prefix):
                yield replace(file, size=file.size - 5) if file.uri.endswith("customers_2.csv") else file

        shop.deliver("customers_2", "c2,bob@example.com,1", minute=1)
        with monkeypatch.context() as patched:
            patched.setattr(LocalStore, "list", listed_while_written)
            first = shop.run()
        assert [problem.what for problem in first.problems] == ["deferred: file:changed_while_reading"]
        assert (first.files, first.rows, len(shop.published("customers"))) == (1, 0, 1)
        second = shop.run()
        assert (second.files, second.rows, len(shop.published("customers"))) == (1, 1, 2)

    def test_a_file_of_nothing_costs_nothing(self, shop: SmallShop) -> None:
        before = shop.facts()
        shop.deliver_bytes("customers_empty", b"", minute=1)
        shop.deliver("customers_header", minute=1)
        shop.deliver("lines_header", minute=1)
        report = shop.run()
        assert [problem.what for problem in report.problems] == ["quarantined: file:empty_file"]
        assert report.rejected == {"file:empty_file": 1}
        assert (report.files, report.files_quarantined, report.rows) == (3, 1, 0)
        assert shop.facts() == before
        assert shop.run().status is Status.UNCHANGED

    def test_nothing_at_all_is_told_with_what_was_looked_for(self, shop: SmallShop) -> None:
        nowhere = SmallShop(shop.spark, shop.engine, shop.folder / "elsewhere")
        nowhere.folder.mkdir()
        with pytest.raises(NothingArrivedError, match=r"corner\.orders: orders\*\.csv") as nothing:
            nowhere.run()
        assert nothing.value.exit_code == 8

    def test_a_folder_that_the_engine_can_not_write_to_is_told(self, shop: SmallShop) -> None:
        odd = SmallShop(shop.spark, "sail", shop.folder, lake_name="my lake (1)")
        with pytest.raises(ConfigurationError, match=r"can not have ' \(\)' in its path; name it otherwise"):
            odd.run()
        assert not odd.lake.version(OBJECTS)

    def test_a_required_object_without_a_file_is_told(self, shop: SmallShop) -> None:
        (shop.landing / "orders_1.csv").unlink()
        (shop.landing / "customers_1.csv").unlink()
        assert shop.run().missing == ("corner.orders",)


class TestNothingIsPublished:
    def test_where_a_required_file_can_not_be_read(self, shop: SmallShop) -> None:
        before = shop.contents()
        bad = shop.deliver("orders_2", "o3,2026-01-07", header="order_id,placed", minute=1)
        shop.deliver("lines_2", "l4,o3,1,1.00,1", minute=1)
        with pytest.raises(InputRejectedError, match=r"orders_2\.csv: file:missing_columns") as rejected:
            shop.run()
        assert rejected.value.exit_code == 3
        assert shop.contents() == before
        bad.unlink()
        shop.run()
        assert len(shop.published("order_lines")) == 4

    def test_but_of_a_required_file_for_a_day_all_others_are(self, shop: SmallShop) -> None:
        """That day alone is not known, and the run says so."""
        shop.deliver("orders_2026-01-07", "o3,2026-01-07", header="order_id,placed", minute=60 * 24 * 30)
        shop.deliver("lines_2", "l4,o1,2,1.00,1", minute=1)
        report = shop.run()
        assert [(str(each.day), each.state) for each in report.days] == [("2026-01-07", State.DAMAGED)]
        assert [problem.object_name for problem in report.problems] == ["orders"]
        assert len(shop.published("order_lines")) == 4

    def test_where_landing_is_not_there_any_more(self, shop: SmallShop) -> None:
        before = shop.contents()
        shop.landing.rename(shop.landing.with_name("elsewhere"))
        with pytest.raises(NothingArrivedError, match=r"there is no folder .*landing, where files would arrive"):
            shop.run()
        assert shop.contents() == before

    def test_where_a_check_forbids_it(self, shop: SmallShop) -> None:
        before = shop.contents()
        shop.deliver("orders_2", "o3,2026-01-07,paid,100.00,1", "o4,2026-01-07,paid,4.00,1", minute=1)
        with pytest.raises(QualityBlockedError, match=r"gold\.shipped: shipping_is_not_dear \(1 rows\)") as blocked:
            shop.run()
        assert blocked.value.exit_code == 4
        assert shop.contents() == before
        shop.deliver("orders_3", "o3,2026-01-07,paid,3.00,2", minute=2)
        report = shop.run()
        assert balance(report, "orders") == only("orders", 3, loaded=2, stale=1)
        assert shop.orders() == {**FIRST, "o3": "3.00", "o4": "4.00"}

    def test_where_a_row_is_not_accounted_for(self, shop: SmallShop, monkeypatch: pytest.MonkeyPatch) -> None:
        before = shop.contents()
        but_one = lambda *given: map_rows(*given).where("order_id <> 'corner:o4'")  # noqa: E731
        monkeypatch.setattr("lakehouse.runs.load_silver.map_rows", but_one)
        shop.deliver("orders_2", "o3,2026-01-07,paid,3.00,1", "o4,2026-01-07,paid,4.00,1", minute=1)
        with pytest.raises(IntegrityError, match=r"orders_2\.csv: of 2 records, 1 of 2 expected .* in orders") as lost:
            shop.run()
        assert lost.value.exit_code == 7
        assert shop.contents() == before


class TestMadeAnew:
    def test_by_another_setting_gold_alone(self, shop: SmallShop) -> None:
        before = shop.snapshot().manifest.tables
        report = shop.run(workspace=shop.workspace(currency="USD"))
        after = shop.snapshot().manifest.tables
        assert report.rebuilt == "the business settings changed"
        assert {name for name, pin in after.items() if pin != before[name]} == {"gold.shipped"}
        assert shop.orders() == FIRST

    def test_by_another_definition_silver_with_what_was_set_aside(self, shop: SmallShop) -> None:
        shop.deliver("customers_2", "c2,bob@example.com,1", header="customer_id,mail,changed", minute=1)
        first = shop.run()
        assert [problem.what.split(" ")[0] for problem in first.problems] == ["quarantined:"]
        assert shop.run().status is Status.UNCHANGED
        shop.source = shop.source.replace("[customer_id, email, changed]", "{customer_id: , email: mail, changed: }")
        second = shop.run()
        assert (second.rebuilt, second.files) == ("the definition of corner changed", 1)
        emails = {row["customer_id"]: row["email"] for row in shop.published("customers")}
        assert emails == {"corner:c1": "ann@example.com", "corner:c2": "bob@example.com"}
        states = shop.lake.delta(OBJECTS).to_pyarrow_table(columns=["state"])["state"].to_pylist()
        assert sorted(states) == ["loaded"] * 4 + ["quarantined"]

    def test_as_asked_for_all_and_alike(self, shop: SmallShop) -> None:
        shop.deliver("lines_2", "l1,o1,9,5.00,2", minute=1)
        shop.deliver("lines_3", "l2,o1,9,5.00,1", "x,o1,many,5.00,3", minute=2)
        shop.run()
        before = shop.facts()
        report = shop.run(full=True)
        assert (report.rebuilt, report.files) == ("asked for by --full", 0)
        assert shop.facts() == before
        assert report.rejected == {"invalid_decimal:quantity": 1}
