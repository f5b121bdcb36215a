"""The language of metric files, as its JSON Schema tells it."""

from __future__ import annotations

from typing import Any

from lakehouse.semantic import definition


def test_every_key_is_described() -> None:
    schema = definition.MartFile.model_json_schema()
    models: dict[str, dict[str, Any]] = {"MartFile": schema, **schema["$defs"]}
    silent = [
        f"{model}.{key}"
        for model, content in models.items()
        for key, of_key in content.get("properties", {}).items()
        if not of_key.get("description", "").endswith(".")
    ]
    assert silent == []
    assert {"Simple", "Ratio", "Derived", "Growth", "Measure"} <= models.keys()


def test_no_unknown_key_is_allowed_anywhere() -> None:
    schema = definition.MartFile.model_json_schema()
    open_models = [
        name
        for name, content in {"MartFile": schema, **schema["$defs"]}.items()
        if content.get("type") == "object" and content.get("additionalProperties") is not False
    ]
    assert open_models == []
