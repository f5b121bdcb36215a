"""All metric files of a folder as metrics, or every mistake in any of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lakehouse import configuration
from lakehouse.errors import ConfigurationError, Problem
from lakehouse.semantic.check import MetricFile, check
from lakehouse.semantic.definition import NAME, MartFile
from lakehouse.semantic.dimensions import (
    NONE,
    Dimensions,
    DimensionsFile,
    check_dimensions,
    resolve_dimensions,
)
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.resolve import resolve


def load_metrics(folder: Path) -> Metrics:
    """The metrics of the `*.yml` files in `folder`, a mart each, named by the file, and of `dimensions.yml` beside it.

    ConfigurationError with every mistake in any file: shape, unknown names, types, units, circles, repeated names.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix in {".yml", ".yaml"})
    if not paths:
        raise ConfigurationError([Problem(str(folder), 0, 0, "no metric files (*.yml) in this folder")])
    problems: list[Problem] = []
    dimensions = _dimensions(folder.parent / "dimensions.yml", problems)
    files = [file for path in paths for file in _read(path, problems)]
    # A file that is not even YAML hides which metrics or dimensions it defines: then no name can be called unknown.
    if len(files) == len(paths) and dimensions is not None:
        problems += check(files, dimensions)
    if problems:
        raise ConfigurationError(problems)
    marts = {path.stem: file.mart for path, file in zip(paths, files, strict=True) if file.mart is not None}
    return resolve(marts, dimensions or NONE)


def _dimensions(path: Path, problems: list[Problem]) -> Dimensions | None:
    """The file's dimensions, none where there is no file; None if it is wrong."""
    if not path.exists():
        return NONE
    try:
        document = configuration.load(path)
        file = configuration.validate(document, DimensionsFile)
    except ConfigurationError as error:
        problems += error.problems
        return None
    found = list(check_dimensions(document, file))
    problems += found
    return None if found else resolve_dimensions(file)


def _read(path: Path, problems: list[Problem]) -> Iterator[MetricFile]:
    if not re.fullmatch(NAME, path.stem):
        problems.append(Problem(str(path), 0, 0, f"the file names its mart, and '{path.stem}' is not snake_case"))
    try:
        document = configuration.load(path)
    except ConfigurationError as error:
        problems += error.problems
        return
    try:
        yield MetricFile(document, configuration.validate(document, MartFile))
    except ConfigurationError as error:
        problems += error.problems
        yield MetricFile(document, None)
