"""`lakehouse generate`: landing files of a made-up shop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import contents, lakehouse

SMALL = ("--days", "2", "--orders-per-day", "5", "--seed", "4")


def test_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    report = lakehouse("generate", "--out", tmp_path / "a", *SMALL, "--json").json
    said = lakehouse("generate", "--out", tmp_path / "b", *SMALL).out
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert report["files"] == len(contents(tmp_path / "a")) - 1
    assert said.startswith(f"{report['files']} files with {report['rows']} rows (")
    assert (tmp_path / "b" / "truth.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--days", "0"), "days"),
        (("--dirty", "0.9"), "0.5"),
        (("--start", "1.1.2026"), "--start"),
    ],
)
def test_what_can_not_be_made_is_2(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    ended = lakehouse("generate", "--out", tmp_path / "a", *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "a").exists()
