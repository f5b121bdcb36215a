"""What can not count as things stand: the rows that a run judged are replaced, all others stay set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.derive.schema import arrow_schema
from lakehouse.quality.quarantine import SET_ASIDE
from lakehouse.runs.context import Run
from lakehouse.scope import Keys
from lakehouse.storage.write import Partitions


@dataclass(frozen=True)
class SetAside:
    """The (row_id, reason) of a fact's rows that can not count, of those `judged`; None means all of them were."""

    table_name: str
    rows: pa.Table
    judged: Keys | None


def write_set_aside(run: Run, judged: Sequence[SetAside]) -> None:
    """Bring `quarantine.set_aside` up to date, unless nothing was or is set aside."""
    run.lake.create(SET_ASIDE)
    before = run.lake.stored(SET_ASIDE).delta.to_pyarrow_table(columns=list(SET_ASIDE.field_names))
    changed = [part for each in judged if (part := _changed(before, each)) is not None]
    if not changed:
        return
    rows = pa.concat_tables([part for _, part in changed]).cast(arrow_schema(SET_ASIDE))
    scope = Partitions("table_name", [name for name, _ in changed])
    run.writer.put(SET_ASIDE, rows.to_batches(), scope)


def _changed(before: pa.Table, judged: SetAside) -> tuple[str, pa.Table] | None:
    """A fact's rows in the table, as they are to be; None where they are so already."""
    held = before.filter(pc.equal(before["table_name"], judged.table_name))
    names = pa.array([judged.table_name] * judged.rows.num_rows, pa.string())
    fresh = pa.table({"table_name": names, "row_id": judged.rows["row_id"], "reason": judged.rows["reason"]})
    if judged.judged is None:
        kept = held.slice(0, 0)
    else:
        ids = judged.judged.values
        kept = held.filter(pc.invert(pc.is_in(held["row_id"].cast(ids.type), ids)))
    wanted = pa.concat_tables([kept.cast(fresh.schema), fresh])
    order = [("row_id", "ascending"), ("reason", "ascending")]
    return None if wanted.sort_by(order).equals(held.cast(fresh.schema).sort_by(order)) else (judged.table_name, wanted)
