"""The JSON Schemas that editors complete and check by: of every kind of configuration file, and named in each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakehouse.configuration import load
from lakehouse.runs.documentation import pages
from tests.cli.command import CONF

jsonschema = pytest.importorskip("jsonschema")

DOCS = CONF.parent / "docs"
PAGES = pages(CONF)
FILES = sorted(CONF.rglob("*.yml"))
SAID = "# yaml-language-server: $schema="


def schema_of(path: Path) -> Any:
    """The schema that a file names in its first line."""
    named = path.read_text(encoding="utf-8").splitlines()[0].removeprefix(SAID)
    return json.loads(PAGES[str((path.parent / named).resolve().relative_to(DOCS))])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CONF)))
def test_a_shipped_file_is_valid_by_the_schema_that_it_names(path: Path) -> None:
    content = load(path).root.value()
    # A file of comments alone says nothing.
    jsonschema.validate({} if content is None else content, schema_of(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sources", {"source": "shop", "descripton": "A shop."}),
        (
            "metrics",
            {"title": "Revenue", "description": "A mart.", "owner": "finance", "metrics": {"a": {"type": "sum"}}},
        ),
        ("dimensions", {"dimensions": {"country": {"feld": "country_code"}}}),
        ("settings", {"business": {"week_start": "someday"}}),
    ],
)
def test_a_mistake_is_seen_by_the_schema(name: str, content: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json.loads(PAGES[f"{name}.schema.json"]))
