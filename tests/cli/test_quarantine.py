"""`lakehouse quarantine`: what was set aside, why, and what it held."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lakehouse.runs.rejected import Rejected
from tests.cli.command import CONF, Ended, lakehouse
from tests.cli.conftest import PublishedShop


def quarantine(lake: Path, *arguments: str) -> Ended:
    return lakehouse("quarantine", *arguments, "--lake", lake, "--conf", CONF)


def delivered(path: str) -> str:
    content = Path(path).read_bytes()
    return (gzip.decompress(content) if path.endswith(".gz") else content).decode()


@pytest.fixture(scope="module")
def shown(lake: Path) -> list[dict[str, Any]]:
    return list(quarantine(lake, "show", "--limit", "1000", "--json").json)


def test_list_has_every_reason_that_the_run_told(published_shop: PublishedShop) -> None:
    rows = quarantine(published_shop.lake, "list", "--limit", "1000", "--json").json
    listed = Counter(reason for row in rows for reason in row["reasons"].split(";"))
    lines = iter(published_shop.said.out.splitlines())
    assert "set aside, by reason:" in lines
    told = {}
    for line in lines:
        count, _, reason = line.strip().partition("  ")
        if not count.isdigit():
            break
        told[reason] = int(count)
    assert told
    assert {reason: listed[reason] for reason in told} == told
    text = quarantine(published_shop.lake, "list", "--limit", "1000").out
    assert all(row["source_file"] in text for row in rows)


def test_list_ends_at_its_limit(lake: Path) -> None:
    assert len(quarantine(lake, "list", "--limit", "2", "--json").json) == 2
    assert " more: --limit says how many are listed" in quarantine(lake, "list", "--limit", "2").out


def test_unreadable_record_is_shown_as_it_was_delivered(shown: list[dict[str, Any]]) -> None:
    unreadable = [row for row in shown if row["raw"] is not None]
    assert {row["reasons"].split(":")[0] for row in unreadable} == {"row"}
    for row in unreadable:
        assert row["record"] is None
        assert row["raw"] in delivered(row["source_file"])


def test_content_of_a_readable_record_comes_from_bronze(shown: list[dict[str, Any]]) -> None:
    readable = [row for row in shown if row["raw"] is None]
    assert readable
    for row in readable:
        sent = {name: value or "" for name, value in row["record"].items() if name != "_extra"}
        lines = csv.DictReader(io.StringIO(delivered(row["source_file"])))
        assert any(sent == {name: line[name] or "" for name in sent} for line in lines)


def test_shown_are_those_with_the_reason(lake: Path, shown: list[dict[str, Any]]) -> None:
    reason = next(row["reasons"] for row in shown if row["record"])
    expected = [row for row in shown if reason in row["reasons"]]
    assert 0 < len(expected) < len(shown)
    assert quarantine(lake, "show", reason, "--json").json == expected[:10]
    text = quarantine(lake, "show", reason).out
    assert f"{expected[0]['source_file']}, record {expected[0]['row_number']}\n" in text
    assert quarantine(lake, "show", "no such reason").out == "no rejected record has such a reason\n"


def test_control_characters_do_not_reach_the_terminal(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Rejected("shop", "orders", None, "orders.csv", 1, "row:broken_quotes", "\x1b[31mred\x07\n", None)
    monkeypatch.setattr("lakehouse.runs.rejected.rejected", lambda *_: [sent])
    shown = "orders: row:broken_quotes\n  orders.csv, record 1\n  \\x1b[31mred\\x07\n"
    assert quarantine(lake, "show").out == shown


def test_nothing_rejected_is_said(tmp_path: Path) -> None:
    ended = quarantine(tmp_path, "show")
    assert ended.code == 8
    assert ended.err.startswith(f"error: nothing was published in {tmp_path} yet")
