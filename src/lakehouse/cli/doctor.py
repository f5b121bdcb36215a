"""`lakehouse doctor`: what is wrong with a lake, and its repair."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json


def doctor(
    lake: LakeLocation = None,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what can be mended.")] = False,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Look for damaged pointers, manifests, logs and files and for what crashes left; say what helps, or do it.

    Ends with 0 if all is well or was mended, else with 7.

    Example: lakehouse doctor --lake build/lake --mend
    """
    from lakehouse.runs.doctor import examine, require_well
    from lakehouse.runs.lease_faults import lease_faults
    from lakehouse.runs.workspace import configuration_folder, load_settings
    from lakehouse.storage.objects import resolve

    settings = load_settings(configuration_folder(conf), env)
    root = resolve(lake_location(lake, settings))
    findings = examine(
        root, settings.storage, mend=mend, locks=lambda mends: lease_faults(root, settings.storage, mend=mends)
    )
    if as_json:
        print_json([asdict(finding) for finding in findings])
    for finding in () if as_json else findings:
        state = "mended" if finding.is_mended else "can be mended" if finding.is_mendable else "can not be mended"
        console.print(f"{state}: {finding.what}\n  {finding.where}\n  {finding.remedy}", markup=False, soft_wrap=True)
    require_well(findings)
    if not findings and not as_json:
        console.print("all is well")
