"""The worked example of the documentation, followed to the letter; its KPIs beside DuckDB's over the same files."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.cli.command import REPOSITORY, lakehouse

PAGE = (REPOSITORY / "docs" / "worked-example.md").read_text(encoding="utf-8")
EXAMPLE = REPOSITORY / "tests" / "worked_example"
ENCODINGS = {"kartenzahlungen.csv": "utf-8", "pottery.yml": "utf-8"}


@dataclass(frozen=True)
class Step:
    """A command of the page, what the page says that it prints, and what it prints."""

    command: str
    promised: tuple[str, ...]
    printed: tuple[str, ...]
    answer: tuple[Mapping[str, Any], ...] = ()
    truth: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        return " ".join(self.command.split()[:3])


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """Everything that the page does, in its order: commands, edits, and the definition in the end."""
    folder = tmp_path_factory.mktemp("worked_example")
    shutil.copytree(EXAMPLE / "files", folder / "landing")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        return list(_followed(folder))


def _followed(folder: Path) -> Iterator[Step]:
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    for (language, text), (_, promised) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "sh":
            yield _carried_out(text.strip(), promised, folder)
        elif language == "diff":
            _edit(text, folder)
        elif language == "yaml":
            (folder / "pottery.yml").write_text(text, encoding="utf-8")


def _carried_out(command: str, promised: str, folder: Path) -> Step:
    program, *arguments = shlex.split(command)
    if program == "grep":
        lines = (folder / arguments[1]).read_text(encoding="utf-8").splitlines()
        printed = [line for line in lines if any(part in line for part in arguments[0].split("\\|"))]
        return Step(command, _lines(promised), tuple(printed))
    ended = lakehouse(*arguments)
    printed = ((ended.err if ended.code else "") + ended.out).replace(f"{folder}/", "").splitlines()
    if arguments[0] != "query":
        return Step(command, _lines(promised), tuple(printed))
    answer = tuple(lakehouse(*arguments, "--json").json)
    return Step(command, _lines(promised), tuple(printed), answer, tuple(_truth(folder / "landing")))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


def _edit(text: str, folder: Path) -> None:
    removed, added = ([line[1:] for line in text.splitlines() if line[0] == sign] for sign in "-+")
    for old, new in zip(removed, added, strict=True):
        places = 0
        for path in (folder / "pottery.yml", *(folder / "landing").iterdir()):
            encoding = ENCODINGS.get(path.name, "windows-1252")
            before = path.read_bytes().decode(encoding)
            if old in before:
                path.write_bytes(before.replace(old, new).encode(encoding))
                places += before.count(old)
        assert places == 1, old


def test_the_definition_of_the_page_is_the_file() -> None:
    [definition] = re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert definition == (EXAMPLE / "pottery.yml").read_text(encoding="utf-8")


def test_the_receipts_of_the_page_are_of_the_files() -> None:
    [shown] = re.findall(r"^```csv\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    till = (EXAMPLE / "files" / "kasse_2026-01.csv").read_bytes().decode("windows-1252")
    assert till.replace("\r\n", "\n").startswith(shown)


def test_every_command_prints_what_the_page_says(steps: list[Step]) -> None:
    assert len(steps) == PAGE.count("```sh") > 0
    for step in steps:
        printed = [line.split() for line in step.printed]
        missing = [line for line in step.promised if line.split() not in printed]
        assert not missing, (step.command, step.printed)
        assert step.promised, step.command


@pytest.mark.parametrize("number", [0, 1], ids=["as delivered", "mended"])
def test_the_numbers_are_those_of_the_files(steps: list[Step], number: int) -> None:
    step = [step for step in steps if step.answer][number]
    assert len(step.answer) == len(step.truth) == 2
    for period, expected in zip(step.answer, step.truth, strict=True):
        assert str(period["period_start"]) == str(expected["period_start"])
        metrics = {name for name in period if f"{name}_reason" in period}
        assert metrics <= expected.keys()
        for metric in metrics:
            assert _alike(period[metric], expected[metric]), (period["period_start"], metric)


def _alike(actual: Any, expected: Any) -> bool:
    if actual is None or expected is None:
        return actual is expected
    return abs(Decimal(str(actual)) - Decimal(str(expected))) <= Decimal("1e-9")


# ── the same numbers, by DuckDB alone ─────────────────────────────────────────────────────────────────────────────────

_SQL = """
with receipts as (
    select *, try_strptime(Bondatum, '%d.%m.%Y %H:%M') as sold_at,
        try_cast(replace(Menge, ',', '.') as decimal(9, 3)) as quantity,
        cast(replace(replace(Einzelpreis, '.', ''), ',', '.') as decimal(9, 2)) as price,
        cast(replace(Rabatt, ',', '.') as decimal(9, 2)) as discount
    from till where try_strptime(Bondatum, '%d.%m.%Y %H:%M') is not null
),
orders as (
    select "Bon-Nr" as receipt, any_value(Zahlart) as method, any_value(Bonstatus) as state,
        date_trunc('month', min(sold_at)) as month, min(sold_at) as sold_at,
        coalesce(nullif(any_value("Kd-Nr"), ''), 'guest of ' || any_value("Bon-Nr")) as customer,
        coalesce(sum(round(quantity * price, 2) - discount), 0) as total
    from receipts group by "Bon-Nr"
),
counted as (select * from orders where state not in ('storniert', 'Testbon')),
firsts as (select customer, min(month) as first_month from counted group by all),
payments as (
    select date_trunc('month', cast(left(zeitpunkt, 19) as timestamp)) as month, ergebnis as state,
        try_cast(betrag_ct as integer) / 100::decimal(9, 2) as amount
    from terminal where try_cast(betrag_ct as integer) is not null
    union all
    select month, 'genehmigt', total from counted where method = 'bar' and state = 'bezahlt'
),
paid as (
    select month, sum(amount) filter (state = 'genehmigt') as total_payments,
        count(*) filter (state = 'genehmigt') / count(*) filter (state in ('genehmigt', 'abgelehnt')) as success
    from payments group by all
),
sold as (
    select month, sum(total) as revenue, count(*) as orders, count(distinct customer) as customers,
        count(distinct customer) filter (first_month = month) as new_customers
    from counted join firsts using (customer) group by all
)
select cast(month as date) as period_start, revenue as total_revenue, orders as total_orders,
    revenue / orders as average_order_value,
    null as revenue_growth_rate, -- neither month is whole
    null as order_conversion_rate, round(total_payments, 2) as total_payments, success as payment_success_rate,
    new_customers / customers as customer_acquisition_rate, 1 - new_customers / customers as customer_retention_rate
from sold join paid using (month) order by month
"""


def _truth(landing: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.register("till", _table(*sorted(landing.glob("kasse_*.csv")), delimiter=";"))
        connection.register("terminal", _table(landing / "kartenzahlungen.csv", delimiter=","))
        answer = connection.execute(_SQL)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _table(*files: Path, delimiter: str) -> pa.Table:
    """The files' whole rows, all of text."""
    rows: list[dict[str, str]] = []
    for file in files:
        text = file.read_bytes().decode(ENCODINGS.get(file.name, "windows-1252"))
        header, *records = csv.reader(text.splitlines(), delimiter=delimiter)
        rows += [dict(zip(header, record, strict=True)) for record in records if len(record) == len(header)]
    return pa.Table.from_pylist(rows)
