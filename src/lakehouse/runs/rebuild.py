"""What a run has to make anew although no new row asks for it: because code, settings or definitions changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lakehouse.runs.manifest import Basis, Manifest
from lakehouse.runs.workspace import Workspace
from lakehouse.storage.objects import content_hash


@dataclass(frozen=True)
class Rebuild:
    """The reason for making each layer anew, where there is one; a layer's rebuild includes those after it."""

    silver: str | None = None
    gold: str | None = None
    kpi: str | None = None

    @property
    def reason(self) -> str | None:
        return self.silver or self.gold or self.kpi


def basis(workspace: Workspace, base: Manifest | None) -> Basis:
    """What this run makes its tables with; sources that the lake holds and nobody named stay as they were."""
    held = base.basis.sources if base else {}
    return Basis(
        code_sha256=code_hash(),
        metrics_sha256=workspace.metrics_sha256,
        business=workspace.settings.business,
        sources={**held, **workspace.sources},
    )


def decide(now: Basis, base: Manifest | None, *, full: bool) -> Rebuild:
    """Compare with what the published tables were made with; nothing is published yet where `base` is None."""
    if full:
        return Rebuild(silver="asked for by --full")
    if base is None:
        return Rebuild()
    then = base.basis
    if now.code_sha256 != then.code_sha256:
        return Rebuild(silver="the code changed")
    changed = sorted(name for name, source in then.sources.items() if now.sources[name] != source)
    return Rebuild(
        silver=f"the definition of {', '.join(changed)} changed" if changed else None,
        gold="the business settings changed" if now.business != then.business else None,
        kpi="the metric definitions changed" if now.metrics_sha256 != then.metrics_sha256 else None,
    )


@cache
def code_hash() -> str:
    """SHA-256 of this package's own code: tables made by other code are made anew."""
    package = Path(__file__).parents[1]
    files = sorted(package.rglob("*.py"))
    return content_hash(
        b"\0".join(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() for file in files)
    )
