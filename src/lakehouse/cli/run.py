"""`lakehouse run`: everything new in landing through to a published snapshot."""

from __future__ import annotations

from lakehouse.cli.options import (
    AsJson,
    Configuration,
    EngineName,
    Environment,
    Full,
    LakeLocation,
    LandingLocation,
    Sources,
    run_request,
)
from lakehouse.cli.output import console, print_json, progress


def run(
    lake: LakeLocation = None,
    source: Sources = None,
    landing: LandingLocation = None,
    engine: EngineName = None,
    full: Full = False,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Load everything new in landing and publish it as one snapshot; a second run with nothing new changes nothing.

    Example: lakehouse run --lake build/lake --landing build/landing --source demo_shop
    """
    request = run_request(lake, source, landing, engine, full, env, conf)
    from lakehouse.runs.run import run as carry_out

    report = carry_out(request, progress(quiet=as_json))
    if as_json:
        print_json(report.as_json())
    else:
        from lakehouse.cli.summary import print_report
        from lakehouse.runs.snapshot import open_snapshot

        workspace = request.workspace
        snapshot = open_snapshot(report.lake, workspace.settings.storage)
        print_report(console, report, snapshot, workspace.metrics)
