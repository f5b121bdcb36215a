"""The published shop of the command line's tests."""

from __future__ import annotations

from tests.cli.conftest import published_shop

__all__ = ["published_shop"]
