"""What it is measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import distributions

from benchmarks.contestants import ENVIRONMENTS, REPOSITORY

PACKAGES = {"sail": ("pysail",), "duckdb": ("duckdb",), "spark": ("pyspark", "delta-spark")}


def describe() -> str:
    """Cores, memory, and the versions of the engines."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Linux on {platform.machine()}"
    return f"{machine}; {', '.join(_versions())}"


def _versions() -> Iterator[str]:
    for engine, packages in PACKAGES.items():
        places = [str(place) for place in (REPOSITORY / ENVIRONMENTS[engine]).glob("lib/python*/site-packages")]
        for package in packages:
            for found in distributions(name=package, path=places):
                yield f"{package} {found.version}"
