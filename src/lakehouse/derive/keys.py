"""What a YAML file can say, as Markdown: the keys of the models that it is read into."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from typing import Any

from pydantic import BaseModel


def section(title: str, model: type[BaseModel], *, without: Container[str] = ("type",)) -> Iterator[str]:
    """A heading, what the model says of itself, and its keys but for some."""
    yield f"{title}\n\n{model.__doc__}\n"
    yield from keys(model, without=without)


def keys(model: type[BaseModel], *, without: Container[str] = ("type",)) -> Iterator[str]:
    """A table: key, default, meaning."""
    yield "| key | default | meaning |\n|---|---|---|"
    for name, field in model.model_fields.items():
        if name not in without:
            default = "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
            yield row(f"`{field.alias or name}`", default, field.description or "")
    yield ""


def row(*cells: str) -> str:
    """One line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(value: Any) -> str:
    if isinstance(value, BaseModel):
        return f"`{{type: {value.model_dump()['type']}}}`"
    if value is None or value in ((), {}, ""):
        return ""
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"
