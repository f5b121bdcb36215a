"""What the parser has to know of one source object: its columns, its format, its limits. Small, frozen, picklable."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.sources.formats import CsvFormat, FileFormat, JsonFormat, JsonLinesFormat
from lakehouse.sources.parse.paths import parse_column_path, parse_records_path

RESERVED_COLUMNS = (
    *("_extra", "_row_number", "_reject_reason", "_raw"),
    *("_source_file", "_object_id", "_modified_at", "_ingested_at", "_run_id"),
)


@dataclass(frozen=True)
class ColumnPlan:
    """One column: `name` in bronze, `path` in the file.

    For CSV and Parquet `path` is the column's name as the source spells it. For JSON it is a dotted path inside the
    record (`a.b`, `items[0].id`); each leading `^` (`^.id`, `^^.id`) goes out to the record around it.
    """

    name: str
    path: str
    required: bool = True


@dataclass(frozen=True)
class ParsePlan:
    """How to parse the files of one source object; ValueError for a plan that no file could satisfy.

    `records` (JSON only) says where the records are (`orders[].line_items[]`, `order`); None means the document, or
    its elements if it is an array. `max_bytes` bounds the decompressed file, `max_row_bytes` one record of CSV or JSON
    lines; a file with a larger share of bad records than `max_rejected_share` is rejected as a whole.
    """

    columns: tuple[ColumnPlan, ...]
    format: FileFormat
    records: str | None = None
    max_bytes: int = 2 * 1024**3
    max_row_bytes: int = 16 * 1024**2
    max_rejected_share: float = 0.5

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns declared twice: {', '.join(repeated)}")
        if reserved := sorted(set(names) & set(RESERVED_COLUMNS)):
            raise ValueError(f"column names that bronze keeps for itself: {', '.join(reserved)}")
        if not 0 <= self.max_rejected_share <= 1:
            raise ValueError(f"max_rejected_share is a share between 0 and 1, not {self.max_rejected_share}")
        paths = [column.path for column in self.columns]
        if isinstance(self.format, CsvFormat) and not self.format.header and len(set(paths)) < len(paths):
            raise ValueError("without a header every column stands for one field, so no path can be there twice")
        if isinstance(self.format, JsonFormat | JsonLinesFormat):
            self._check_paths()
        elif self.records is not None:
            raise ValueError(f"records is for JSON only, not for {self.format.type}")

    def _check_paths(self) -> None:
        depth = len(parse_records_path(self.records))
        for column in self.columns:
            if parse_column_path(column.path).up > depth:
                raise ValueError(f"column path '{column.path}' leaves the document: it has {depth} enclosing records")
