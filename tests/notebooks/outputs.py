"""What a notebook's cells put out, told apart from what differs from one machine or run to the next."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]
"""A notebook as its file has it."""

RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]{8}")
ANY_RUN = "20260401T060000-0000cafe"
KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def committed(notebook: Notebook, checkout: Path) -> Notebook:
    """The notebook without what differs elsewhere or with another lake: paths, run ids, times, versions."""
    cells = [{**cell, "metadata": {}} for cell in notebook["cells"]]
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["outputs"] = [_anywhere(output, f"{checkout}/") for output in cell["outputs"]]
    return {**notebook, "cells": cells, "metadata": KERNEL}


def differences(before: Notebook, after: Notebook) -> list[str]:
    """The lines in which two committed forms differ; pictures are the same wherever there is one."""
    found: list[str] = []
    for number, (old, new) in enumerate(zip(before["cells"], after["cells"], strict=True), 1):
        heads = (f"cell {number}, committed", f"cell {number}, executed")
        found += difflib.unified_diff(list(_lines(old)), list(_lines(new)), *heads, lineterm="", n=1)
    return found


def _anywhere(value: Any, folder: str) -> Any:
    match value:
        case str():
            return RUN.sub(ANY_RUN, value.replace(folder, ""))
        case list():
            return [_anywhere(each, folder) for each in value]
        case dict():
            return {key: {} if key == "metadata" else _anywhere(each, folder) for key, each in value.items()}
        case _:
            return value


def _lines(cell: Mapping[str, Any]) -> Iterator[str]:
    """A cell's outputs as text."""
    for output in cell.get("outputs", ()):
        if output["output_type"] == "stream":
            yield from _text(output["text"]).splitlines()
        for kind, content in sorted(output.get("data", {}).items()):
            yield f"[{kind}]"
            if not kind.startswith("image/"):
                yield from _text(content).splitlines()


def _text(content: str | list[str]) -> str:
    return content if isinstance(content, str) else "".join(content)
