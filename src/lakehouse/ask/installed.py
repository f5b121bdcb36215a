"""Libraries that only some readers have."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lakehouse.errors import ConfigurationError


def need(module: str, extra: str) -> Any:
    """The module; ConfigurationError that says which extra brings it, if it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise ConfigurationError(f"this needs {module}: pip install 'lakehouse[{extra}]'") from None
