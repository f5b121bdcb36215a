"""What two executions of a notebook are compared in, and what is committed of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import REPOSITORY
from tests.notebooks.outputs import ANY_RUN, Notebook, committed, differences

CHECKOUT = Path("/somewhere/checkout")
TUTORIAL = REPOSITORY / "notebooks" / "tutorial.ipynb"


def notebook(*outputs: dict[str, Any]) -> Notebook:
    """One cell with these outputs, as a kernel leaves it."""
    cell = {"cell_type": "code", "source": "lake", "metadata": {"execution": {"shell.execute_reply": "10:00"}}}
    return {"cells": [{**cell, "execution_count": 1, "outputs": list(outputs)}], "metadata": {"widgets": {}}}


def shown(**data: Any) -> dict[str, Any]:
    names = {"text": "text/plain", "html": "text/html", "png": "image/png"}
    return {
        "output_type": "execute_result",
        "data": {names[kind]: content for kind, content in data.items()},
        "metadata": {"image/png": {"width": 7}},
    }


def printed(text: str | list[str]) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def test_what_is_committed_is_of_no_machine_and_no_run() -> None:
    said = "<lake /somewhere/checkout/build/demo/lake as of run 20261126T095743-777011b6>"
    clean = committed(notebook(shown(text=said)), CHECKOUT)
    [cell] = clean["cells"]
    assert cell["outputs"][0]["data"] == {"text/plain": f"<lake build/demo/lake as of run {ANY_RUN}>"}
    assert (cell["metadata"], cell["outputs"][0]["metadata"], cell["execution_count"]) == ({}, {}, 1)
    assert clean["metadata"].keys() == {"kernelspec", "language_info"}
    assert committed(clean, CHECKOUT) == clean


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([shown(text="1")], [shown(text="1")]),
        ([shown(text="1\n2")], [shown(text=["1\n", "2"])]),
        ([shown(png="iVBO")], [shown(png="iVBX")]),
        ([printed("a\nb\n")], [printed(["a\n", "b\n"])]),
        ([], []),
    ],
    ids=["the same", "text in lines", "another picture", "a print in lines", "nothing"],
)
def test_what_is_the_same(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    assert differences(notebook(*before), notebook(*after)) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([shown(text="1")], [shown(text="2")], ["-1", "+2"]),
        ([shown(html="<td>1</td>", text="…")], [shown(html="<td>2</td>", text="…")], ["-<td>1</td>", "+<td>2</td>"]),
        ([shown(png="iVBO")], [shown(text="Chart(...)")], ["-[image/png]", "+[text/plain]", "+Chart(...)"]),
        ([printed("a\nb\n")], [printed("a\nc\n")], ["-b", "+c"]),
        ([printed("a\n")], [], ["-a"]),
    ],
    ids=["a number", "a table", "no picture any more", "a printed line", "nothing any more"],
)
def test_what_differs_is_told(before: list[dict[str, Any]], after: list[dict[str, Any]], told: list[str]) -> None:
    lines = differences(notebook(*before), notebook(*after))
    assert lines[:2] == ["--- cell 1, committed", "+++ cell 1, executed"]
    assert [line for line in lines[3:] if line[0] in "-+"] == told


def test_the_tutorial_is_committed_as_it_was_executed() -> None:
    tutorial = json.loads(TUTORIAL.read_text(encoding="utf-8"))
    cells = [cell for cell in tutorial["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert {output["output_type"] for cell in cells for output in cell["outputs"]} == {"execute_result", "stream"}
    assert committed(tutorial, REPOSITORY) == tutorial


def test_every_link_of_the_tutorial_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", TUTORIAL.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (TUTORIAL.parent / link).exists()] == []
