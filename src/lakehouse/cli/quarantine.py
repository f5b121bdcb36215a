"""`lakehouse quarantine`: what was set aside, why, and what it held."""

from __future__ import annotations

import json
from dataclasses import asdict
from textwrap import indent
from typing import Annotated

import typer
from rich.table import Column, Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json

_REJECTED = """
select coalesce(entity, object_name) as what, reasons, source_file, row_number from rejects
union all select table_name, reason, row_id, null from set_aside
order by row_number is not null, what, reasons, source_file, row_number
"""

Limit = Annotated[int, typer.Option(min=1, help="Rows at most.")]

app = typer.Typer(help="Look at what was set aside.", no_args_is_help=True)


@app.command("list")
def list_(
    lake: LakeLocation = None,
    limit: Limit = 50,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """List what could not be loaded (files and records) and what can not count yet, by reason and place.

    Example: lakehouse quarantine list --lake build/lake
    """
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    snapshot = open_snapshot(lake_location(lake, settings), settings.storage)
    found = snapshot.query(_REJECTED, ["quarantine.rejects", "quarantine.set_aside"])
    rows = found.slice(0, limit).to_pylist()
    if as_json:
        print_json(rows)
        return
    table = Table("what", "reasons", Column("where", overflow="fold"), "row", box=None, pad_edge=False)
    for row in rows:
        number = "" if row["row_number"] is None else str(row["row_number"])
        table.add_row(row["what"], row["reasons"], row["source_file"], number)
    console.print(table if rows else "nothing is set aside")
    if len(rows) < found.num_rows:
        console.print(f"and {found.num_rows - len(rows):,} more: --limit says how many are listed", highlight=False)


@app.command()
def show(
    reason: Annotated[str, typer.Argument(help="Part of the reasons looked for; all by default.")] = "",
    lake: LakeLocation = None,
    limit: Limit = 10,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Show rejected records with their content as it was delivered, which may be personal data.

    Example: lakehouse quarantine show invalid_decimal --lake build/lake
    """
    from lakehouse.runs.rejected import rejected
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    found = rejected(open_snapshot(lake_location(lake, settings), settings.storage), reason, limit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        console.print("no rejected record has such a reason" if reason else "nothing was rejected")
    for one in found:
        place = one.source_file if one.row_number is None else f"{one.source_file}, record {one.row_number}"
        console.print(f"{one.entity or one.object_name}: {one.reasons}\n  {place}", markup=False, soft_wrap=True)
        content = one.raw if one.record is None else json.dumps(one.record, ensure_ascii=False)
        if content is not None:
            console.print(indent(_printable(content), "  "), markup=False, soft_wrap=True)


def _printable(content: str) -> str:
    """Delivered text without what a terminal would obey."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else f"\\x{ord(character):02x}"
        for character in content.rstrip("\r\n")
    )
