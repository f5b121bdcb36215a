"""docs/sources.md is what the models say; the page's example is a source that passes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.sources.check import check_source
from lakehouse.sources.definition import EntityMapping, Source, SourceObject
from lakehouse.sources.documentation import sources_page
from lakehouse.sources.functions import FUNCTIONS
from tests.sources.entities import ENTITIES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_page_is_up_to_date() -> None:
    text = sources_page(ENTITIES)
    if "UPDATE_GOLDEN" in os.environ:
        (DOCS / "sources.md").write_text(text, encoding="utf-8")
    assert (DOCS / "sources.md").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("model", [Source, SourceObject, EntityMapping], ids=lambda model: model.__name__)
def test_every_key_is_described(model: type[Source]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_everything_is_on_the_page() -> None:
    page = sources_page(ENTITIES)
    names = [*FUNCTIONS, *ENTITIES, *(key for model in (Source, SourceObject) for key in model.model_fields)]
    assert [name for name in names if f"`{name}" not in page] == []


def test_example_passes(tmp_path: Path) -> None:
    (tmp_path / "flower_shop.yml").write_text(sources_page(ENTITIES).split("```yaml\n")[1].split("```")[0])
    assert check_source(tmp_path / "flower_shop.yml", ENTITIES).source == "flower_shop"
