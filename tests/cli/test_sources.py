"""`lakehouse sources`: list, check and draft source definitions."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import CONF, lakehouse

SHIPPED = ["demo_shop", "jaffle_shop", "online_retail", "shopify", "stripe"]


def test_list_says_what_each_source_looks_for() -> None:
    listed = {one["source"]: one for one in lakehouse("sources", "list", "--conf", CONF, "--json").json}
    assert list(listed) == SHIPPED
    assert listed["demo_shop"]["files"]["orders"] == ["orders/*.csv"]
    assert listed["stripe"]["entities"] == ["payments", "refunds"]
    text = lakehouse("sources", "list", "--conf", CONF).out
    assert "  orders                   orders/*.csv\n" in text
    assert "  fills payments, refunds\n" in text


def test_check_of_all_and_of_some() -> None:
    assert lakehouse("sources", "check", "--conf", CONF, "--json").json == {"sources": SHIPPED}
    said = lakehouse("sources", "check", "stripe", str(CONF / "sources" / "shopify.yml"), "--conf", CONF).out
    assert [line.split(":")[0] for line in said.splitlines()] == ["stripe", "shopify"]


def test_unknown_sources_are_told_all_at_once() -> None:
    ended = lakehouse("sources", "check", "strip", "demo_shop", "jafle_shop", "--conf", CONF)
    assert ended.code == 2
    assert ended.err.splitlines() == [
        f"error: {CONF}/sources/jafle_shop.yml: there is no such source (did you mean 'jaffle_shop'?)",
        f"{CONF}/sources/strip.yml: there is no such source (did you mean 'stripe'?)",
    ]


def test_draft_of_unknown_files_passes_the_check(tmp_path: Path) -> None:
    files, drafted = tmp_path / "corner shop", tmp_path / "corner.yml"
    files.mkdir()
    (files / "sales.csv").write_text("sale_no,sold,buyer,amount\nA1,2026-01-02,b@example.org,12.50\n")
    text = lakehouse("sources", "infer", files, "--name", "corner").out
    assert "source: corner\n" in text
    assert "# ?" in text
    said = lakehouse("sources", "infer", files, "--name", "corner", "--out", drafted)
    assert said.out.startswith(f"drafted {drafted}: look at the lines marked with '?'")
    assert drafted.read_text() == text
    assert lakehouse("sources", "check", drafted, "--conf", CONF).code == 0
    assert lakehouse("sources", "infer", files, "--name", "corner", "--json").json == {"out": None, "definition": text}


def test_a_draft_that_recognised_nothing_says_so(tmp_path: Path) -> None:
    files, drafted = tmp_path / "files", tmp_path / "corner.yml"
    files.mkdir()
    (files / "verkauf.csv").write_text("Beleg;Datum;Summe\nA1;03.01.2026;12,50\n")
    assert lakehouse("sources", "infer", files, "--name", "corner", "--out", drafted).code == 0
    assert lakehouse("sources", "check", drafted, "--conf", CONF).out == "corner: 1 object fills no entity yet\n"


def test_draft_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("sale_no\nA1\n")
    mine = tmp_path / "mine.yml"
    mine.write_text("source: mine\n")
    ended = lakehouse("sources", "infer", tmp_path, "--out", mine)
    assert (ended.code, ended.err) == (2, f"error: {mine}: is there already, and would be lost\n")
    assert mine.read_text() == "source: mine\n"


def test_nothing_to_draft_from_is_2(tmp_path: Path) -> None:
    ended = lakehouse("sources", "infer", tmp_path / "nowhere")
    assert ended.code == 2
    assert str(tmp_path / "nowhere") in ended.err
