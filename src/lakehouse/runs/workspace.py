"""The configuration that a command works with: settings, sources and metrics, all read and checked before anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lakehouse.configuration import load_model
from lakehouse.errors import ConfigurationError, Problem, nearest
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.settings import THOROUGH, Settings
from lakehouse.sources.definition import Source
from lakehouse.storage.objects import content_hash

T = TypeVar("T")

SHIPPED = Path(__file__).parents[1] / "conf"
CHECKOUT = Path(__file__).parents[3] / "conf"


@dataclass(frozen=True)
class Workspace:
    """Checked configuration."""

    folder: Path
    settings: Settings
    sources: Mapping[str, Source]
    metrics: Metrics
    metrics_sha256: str


def configuration_folder(named: Path | None = None) -> Path:
    """The folder named, else `./conf`, else the one that comes with the package."""
    if named is not None:
        if not named.is_dir():
            raise ConfigurationError([Problem(str(named), 0, 0, "there is no such configuration folder")])
        return named
    candidates = (Path("conf"), SHIPPED, CHECKOUT)
    return next((folder for folder in candidates if (folder / "metrics").is_dir()), SHIPPED)


def load_settings(folder: Path, environment: str, context: str | None = None) -> Settings:
    """The settings of an environment; ConfigurationError if there is none of that name or it has mistakes.

    With the context `THOROUGH`, which is for who makes the calendar, holidays are looked up, too.
    """
    path = folder / "environments" / f"{environment}.yml"
    if not path.is_file():
        known = sorted(other.stem for other in path.parent.glob("*.yml"))
        raise ConfigurationError(
            [Problem(str(path), 0, 0, f"there is no environment '{environment}'", nearest(environment, known))]
        )
    return load_model(path, Settings, context)


def open_workspace(folder: Path, environment: str, sources: Sequence[str]) -> Workspace:
    """Everything of a configuration folder that a run needs; all mistakes of all files at once.

    `sources` are names of files in `sources/`, or paths of YAML files anywhere; none means those of the settings.
    """
    # Who asks a lake does not wait for how its tables are made.
    from lakehouse.runs.catalog import ENTITY_TABLES
    from lakehouse.sources.check import check_sources

    problems: list[Problem] = []
    settings = _collecting(problems, lambda: load_settings(folder, environment, THOROUGH))
    names = sources or (settings.sources if settings else ())
    paths = (_collecting(problems, lambda: source_paths(folder, names)) or ()) if names else ()
    loaded = _collecting(problems, lambda: check_sources(paths, ENTITY_TABLES))
    metrics = _collecting(problems, lambda: load_metrics(folder / "metrics"))
    if problems or settings is None or loaded is None or metrics is None:
        raise ConfigurationError(problems)
    return Workspace(
        folder=folder,
        settings=settings,
        sources={source.source: source for source in loaded},
        metrics=metrics,
        metrics_sha256=metrics_hash(folder),
    )


def metrics_hash(folder: Path) -> str:
    """SHA-256 of the metric definitions as they are written."""
    return content_hash(b"".join(path.read_bytes() for path in sorted((folder / "metrics").glob("*.y*ml"))))


def source_paths(folder: Path, names: Sequence[str] | None) -> Sequence[Path]:
    """The files of sources, all of the folder's by default; ConfigurationError with the nearest name to each unknown.

    `names` are names of files in `sources/`, or paths of YAML files anywhere.
    """
    known = {path.stem: path for path in sorted((folder / "sources").glob("*.yml"))}
    if not names:
        return list(known.values())
    paths = [Path(name) if name.endswith((".yml", ".yaml")) else folder / "sources" / f"{name}.yml" for name in names]
    problems = [
        Problem(str(path), 0, 0, "there is no such source", nearest(path.stem, known))
        for path in paths
        if not path.is_file()
    ]
    if problems:
        raise ConfigurationError(problems)
    return paths


def _collecting(problems: list[Problem], load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ConfigurationError as error:
        problems.extend(error.problems)
        return None
