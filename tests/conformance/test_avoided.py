"""What engines do differently, in silence, is not used anywhere: readers, appends, options, functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse import verbs

PACKAGE = Path(verbs.__file__).parents[1]

AVOIDED = {
    "engine's reader of files": (
        r"\.read\.(csv|json|parquet|orc|text)\b|read\.format\(\"(?!delta)|input_file_name|from_json",
        "spark.read.csv(path)",
    ),
    "transaction ids, which drop backfills": (r"txnAppId|txnVersion", 'option("txnVersion", 7)'),
    "dynamic partition overwrite, which Sail takes for the whole table": (
        r"partitionOverwriteMode|insertInto",
        'option("partitionOverwriteMode", "dynamic")',
    ),
    "schema merging on write": (r"mergeSchema|overwriteSchema|autoMerge", 'option("mergeSchema", True)'),
    "blind append, which a retry doubles": (r"mode\(\"append\"\)|saveAsTable|writeTo\(", 'frame.write.mode("append")'),
    "winner by chance": (r"drop_?[dD]uplicates\(|F\.(first|any_value|rand|mode)\(", 'frame.dropDuplicates(["k"])'),
    "window over a range of time, which Sail widens": (
        r"(?i)range between interval|rangeBetween\(F\.",
        "sum(x) over (order by d range between interval 2 days preceding and current row)",
    ),
    "mean, whose digits differ": (r"F\.(avg|mean)\(", 'F.avg("x")'),
    "function that engines have differently": (
        r"initcap|xxhash64|F\.weekday|aes_encrypt|to_json\(|zip_with|transform_values",
        "F.xxhash64(column)",
    ),
    "what Spark Connect has not": (
        r"\.rdd\b|_jvm\b|_jdf\b|sparkContext|\.observe\(|cacheTable|localCheckpoint|\.cache\(\)",
        "frame.rdd.map(str)",
    ),
    "grammar that Sail has not": (r"(?i)\bqualify\b|group by all|tablesample|F\.collate", "select x group by all"),
    "check constraint, which Spark 3.5 can not read": (r"(?i)add_?constraint|add constraint", "alter.add_constraint"),
    "files that are not whole passed over": (r"(?i)ignoreCorruptFiles|ignoreMissingFiles", "ignoreCorruptFiles"),
}


def code() -> Iterator[tuple[Path, int, str]]:
    """Every line that works with frames: the generator has none, and the session is where engines may differ."""
    others = {PACKAGE / "session.py", *(PACKAGE / "generate").rglob("*.py")}
    for path in sorted(set(PACKAGE.rglob("*.py")) - others):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            yield path.relative_to(PACKAGE), number, line


@pytest.mark.parametrize("what", AVOIDED)
def test_is_not_used(what: str) -> None:
    expression, example = AVOIDED[what]
    pattern = re.compile(expression)
    assert pattern.search(example)
    found = [f"{path}:{number}: {line.strip()}" for path, number, line in code() if pattern.search(line)]
    assert found == []


def test_tables_are_written_in_one_place() -> None:
    writing = re.compile(r"\.write\.format|write_deltalake|\.save\(self\.lake|merge into")
    assert {str(path) for path, _, line in code() if writing.search(line)} == {"storage/write.py"}
