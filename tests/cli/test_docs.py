"""`lakehouse docs`: the committed pages are what the command writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakehouse.cli.app import main
from lakehouse.runs.documentation import pages

ROOT = Path(__file__).resolve().parents[2]
PAGES = pages(ROOT / "conf")


@pytest.mark.parametrize("name", PAGES)
def test_committed_page_is_up_to_date(name: str) -> None:
    committed = ROOT / "docs" / name
    assert committed.is_file(), "make docs writes it"
    assert committed.read_text(encoding="utf-8") == PAGES[name], "make docs writes it anew"


def test_no_page_is_left_of_a_layer_that_is_gone() -> None:
    committed = {f"tables/{path.name}" for path in (ROOT / "docs" / "tables").iterdir()}
    assert committed == {name for name in PAGES if name.startswith("tables/")}


def test_command_writes_every_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "site"
    with pytest.raises(SystemExit) as ended:
        main(["docs", "--out", str(out), "--conf", str(ROOT / "conf"), "--json"])
    assert not ended.value.code
    said = json.loads(capsys.readouterr().out)
    assert said == {"out": str(out), "pages": list(PAGES)}
    assert {name: (out / name).read_text(encoding="utf-8") for name in PAGES} == PAGES


def test_mistakes_in_the_configuration_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conf" / "metrics").mkdir(parents=True)
    with pytest.raises(SystemExit) as ended:
        main(["docs", "--out", str(tmp_path / "site"), "--conf", str(tmp_path / "conf")])
    assert ended.value.code == 2
    assert "no metric files" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
