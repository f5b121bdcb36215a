"""Checking a source: every mistake with its line and the nearest right name, all at once, and no engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.sources.check import check_source, check_sources
from tests.sources.entities import ENTITIES

SHOP = """\
source: shop
timezone: Europe/Berlin
objects:
  sales:
    files: ["sales_*.csv"]
    columns:
      order_id: Bestellnummer
      customer_id: Kunde
      order_date: Datum
      amount: Betrag
      status: Status
      customer:
    optional: [customer]
vocabularies:
  order_status: {bezahlt: paid, storniert: cancelled, "*": placed}
entities:
  orders:
    from: sales
    where: status <> 'test'
    version: timestamp(order_date, 'dd.MM.yyyy')
    fields:
      order_id: order_id
      customer_id: customer_id
      ordered_at: timestamp(order_date, 'dd.MM.yyyy')
      status: lookup(status, 'order_status')
      currency_code: "'EUR'"
      declared_total_amount: decimal(amount, ',')
  customers:
    - from: sales
      group: true
      fields: {customer_id: customer_id, last_name: first(customer)}
"""


OUTSIDE = "leads out of the source's landing folder: write it relative to that folder"
NO_NAME = "is not a name: write it in lower case, digits and single underscores"
STATUSES = "it is one of draft, placed, paid, fulfilled, returned, cancelled"
ANYTHING_ELSE = "write first(customer), or another aggregate"


def write(folder: Path, text: str, name: str = "shop") -> Path:
    path = folder / f"{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, name: str = "shop") -> list[str]:
    """What is wrong with the source, each as `line:column message [-> suggestion]`."""
    with pytest.raises(ConfigurationError) as raised:
        check_source(write(folder, text, name), ENTITIES)
    assert raised.value.exit_code == 2
    return [
        f"{problem.line}:{problem.column} {problem.message}"
        + (f" -> {problem.suggestion}" if problem.suggestion else "")
        for problem in raised.value.problems
    ]


def test_right_source_passes(tmp_path: Path) -> None:
    source = check_source(write(tmp_path, SHOP), ENTITIES)
    assert source.mappings("orders")[0].objects == ("sales",)
    assert source.mappings("payments") == ()
    plan = source.object("sales").plan()
    assert [(column.name, column.path, column.required) for column in plan.columns][-2:] == [
        ("status", "Status", True),
        ("customer", "customer", False),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # keys
        pytest.param("timezone:", "timezon:", "2:1 unknown key 'timezon' -> timezone", id="top key"),
        pytest.param("files:", "file:", "5:5 unknown key 'file' -> files", id="object key"),
        pytest.param("    where:", "    were:", "19:5 unknown key 'were' -> where", id="mapping key"),
        pytest.param("group: true", "grup: true", "30:7 unknown key 'grup' -> group", id="key in a list"),
        pytest.param("source: shop\n", "", "1:1 missing key 'source'", id="no name"),
        pytest.param("    from: sales\n    where", "    where", "17:3 missing key 'from'", id="no object"),
        pytest.param('    files: ["sales_*.csv"]\n', "", "4:3 missing key 'files'", id="no files"),
        pytest.param(
            "timezone: Europe/Berlin",
            "timezone: Europe/Berln",
            "2:11 unknown time zone 'Europe/Berln' -> Europe/Berlin",
            id="zone",
        ),
        pytest.param(
            "timezone: Europe/Berlin",
            "timezone: UTC\ntimezone: UTC",
            "3:1 key 'timezone' stands here a second time (first in line 2)",
            id="duplicate key",
        ),
        pytest.param("source: shop", "source: Shop 1", f"1:9 'Shop 1' {NO_NAME}", id="name"),
        pytest.param(
            "source: shop",
            "source: store",
            "1:9 the source is called 'store' but its file 'shop.yml': both must be the same -> shop",
            id="file name",
        ),
        pytest.param("group: true", "group: yes", "30:14 expected true or false, not 'yes'", id="yes"),
        # objects
        pytest.param('["sales_*.csv"]', "[../sales.csv]", f"5:13 '../sales.csv' {OUTSIDE}", id="parent folder"),
        pytest.param('["sales_*.csv"]', "/etc/passwd", f"5:12 '/etc/passwd' {OUTSIDE}", id="absolute"),
        pytest.param(
            '["sales_*.csv"]', "s3://other/sales.csv", f"5:12 's3://other/sales.csv' {OUTSIDE}", id="other bucket"
        ),
        pytest.param('["sales_*.csv"]', "file:/etc/passwd", f"5:12 'file:/etc/passwd' {OUTSIDE}", id="file URI"),
        pytest.param(
            '["sales_*.csv"]',
            "'%2e%2e/sales.csv'",
            "5:12 '%2e%2e/sales.csv' hides a path behind percent signs",
            id="percent",
        ),
        pytest.param('["sales_*.csv"]', "'..\\sales.csv'", f"5:12 '..\\sales.csv' {OUTSIDE}", id="backslash"),
        pytest.param(
            "    optional: [customer]",
            "    optional: [custmer]",
            "13:16 there is no column 'custmer' -> customer",
            id="optional column",
        ),
        pytest.param(
            "      status: Status",
            "      select: Status\n      status: Status",
            "11:7 'select' is a word of the expression language: call the column select_value: select",
            id="word",
        ),
        pytest.param(
            "    optional: [customer]",
            "    records: x[]",
            "13:14 records is for JSON only, not for csv",
            id="records of csv",
        ),
        pytest.param(
            "    optional: [customer]",
            "    format: {type: cvs}",
            "13:20 must be one of csv, jsonl, json, parquet -> csv",
            id="format",
        ),
        pytest.param(
            "    optional: [customer]",
            "    format: {delimiter: ;}",
            "13:5 missing key 'type'",
            id="format without type",
        ),
        pytest.param(
            "    optional: [customer]",
            "    format: {type: csv, delimeter: ;}",
            "13:25 unknown key 'delimeter' -> delimiter",
            id="format key",
        ),
        pytest.param(
            "    optional: [customer]", "    like: orders", "13:11 there is no other object 'orders'", id="like"
        ),
        pytest.param(
            "    optional: [customer]", "    like: sales", "13:11 there is no other object 'sales'", id="like itself"
        ),
        # entities
        pytest.param("  orders:\n", "  order:\n", "17:3 there is no entity 'order' -> orders", id="entity"),
        pytest.param(
            "    from: sales\n    where",
            "    from: sale\n    where",
            "18:11 there is no object 'sale' -> sales",
            id="object",
        ),
        pytest.param(
            "      ordered_at:", "      orderd_at:", "24:7 orders has no field 'orderd_at' -> ordered_at", id="field"
        ),
        pytest.param(
            "      order_id: order_id\n",
            "",
            "21:5 orders needs the field 'order_id': Order, qualified by its source.",
            id="required field",
        ),
        pytest.param(
            "customer_id: customer_id\n      ord",
            "_version: '1'\n      ord",
            "23:7 orders has no field '_version' -> session_id",
            id="technical field",
        ),
        # expressions
        pytest.param(
            "order_id: order_id", "order_id: orderid", "22:17 unknown column 'orderid' -> order_id", id="column"
        ),
        pytest.param(
            "'order_status')",
            "'orderstatus')",
            "25:30 unknown vocabulary 'orderstatus' -> order_status",
            id="vocabulary",
        ),
        pytest.param(
            "decimal(amount, ',')", "number(amount)", "27:30 unknown function 'number' -> row_number", id="function"
        ),
        pytest.param(
            "decimal(amount, ',')",
            "amount",
            "27:30 declared_total_amount is a decimal but the expression gives text: write decimal(amount)",
            id="type",
        ),
        pytest.param(
            "ordered_at: timestamp(order_date, 'dd.MM.yyyy')",
            "ordered_at: order_date",
            "24:19 ordered_at is a timestamp but the expression gives text: write timestamp(order_date), "
            "or timestamp(order_date, 'dd.MM.yyyy HH:mm') with the form that it has",
            id="text for a timestamp",
        ),
        pytest.param(
            "ordered_at: timestamp(",
            "ordered_at: date(",
            "24:19 ordered_at is a timestamp but the expression gives a date",
            id="date for a timestamp",
        ),
        pytest.param(
            "customer_id: customer_id\n      ord",
            "email: decimal(amount)\n      ord",
            "23:14 email is text but the expression gives a decimal",
            id="decimal for text",
        ),
        pytest.param(
            "customer_id: customer_id\n      ord",
            "email: ref('crm', customer_id)\n      ord",
            "23:14 email is no identifier: ref() is for fields whose name ends with _id",
            id="reference",
        ),
        pytest.param("order_id: order_id", "order_id: null", "22:17 expected text, not 'null'", id="null"),
        pytest.param("order_id: order_id", "order_id: 'null'", "22:17 order_id can not be null", id="null expression"),
        pytest.param(
            "where: status <> 'test'",
            "where: status",
            "19:12 where must be a boolean, and this is text: write boolean(status)",
            id="where",
        ),
        pytest.param(
            "version: timestamp(",
            "version: date(",
            "20:14 version must be a timestamp or an integer, and this is a date",
            id="version",
        ),
        pytest.param(
            "lookup(status, 'order_status')",
            "\"'payd'\"",
            f"25:15 status can not be 'payd': {STATUSES} -> paid",
            id="value",
        ),
        pytest.param(
            "bezahlt: paid",
            "bezahlt: payd",
            f"25:15 status can not be 'payd': {STATUSES} -> paid",
            id="vocabulary value",
        ),
        pytest.param(
            "first(customer)",
            "customer",
            f"31:53 'customer' may differ between the rows of a group: {ANYTHING_ELSE}",
            id="group",
        ),
        pytest.param(
            "{customer_id: customer_id,",
            "{customer_id: max(customer_id),",
            "31:29 max: needs group: true, and a field outside the key",
            id="aggregated key",
        ),
        pytest.param(
            "group: true",
            "group: true\n      deleted_when: customer = 'x'",
            "31:21 a group of rows can not say that its key is gone: leave out group or deleted_when",
            id="deleted group",
        ),
        pytest.param(
            "    where: ",
            "    complete_per: orderid\n    where: ",
            "19:19 complete_per must be a mapped field, not 'orderid' -> order_id",
            id="complete_per",
        ),
        pytest.param(
            "    where: ",
            "    complete_per: order_id\n    where: ",
            "19:19 complete_per names the parent of the rows, not their own key",
            id="complete_per the key",
        ),
        # injection
        pytest.param(
            "where: status <> 'test'",
            "where: \"status <> 'test'; drop table orders\"",
            "19:12 write one expression, without ';'",
            id="statement",
        ),
        pytest.param(
            "where: status <> 'test'",
            "where: status in (select status from orders)",
            "19:12 after 'in' comes a list of values in parentheses",
            id="subquery",
        ),
        pytest.param(
            "order_id: order_id",
            "order_id: java_method('java.lang.Runtime', 'exit')",
            "22:17 unknown function 'java_method'",
            id="java_method",
        ),
    ],
)
def test_mutant(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in SHOP
    assert problems(tmp_path, SHOP.replace(old, new, 1)) == [expected]


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = SHOP.replace("Europe/Berlin", "UTC").replace("optional: [customer]", "optional: [nobody]")
    text = text.replace("order_id: order_id", "order_id: orderid").replace("currency_code: ", "money: ")
    text = text.replace("first(customer)", "frst(customer)").replace("where: status", "where: state")
    assert problems(tmp_path, text) == [
        "13:16 there is no column 'nobody'",
        "19:12 unknown column 'state' -> status",
        "21:5 orders needs the field 'currency_code': Currency of the order's amounts, ISO 4217.",
        "22:17 unknown column 'orderid' -> order_id",
        "26:7 orders has no field 'money'",
        "31:53 unknown function 'frst' -> first",
    ]


def test_unknown_object_is_told_once(tmp_path: Path) -> None:
    text = SHOP.replace("    - from: sales", "    - from: [sales, sails]")
    assert problems(tmp_path, text) == ["29:21 there is no object 'sails' -> sales"]


JSON_OBJECT = """\
source: shop
objects:
  lines:
    files: orders*.json
    format: {type: json}
    records: orders[].lines[]
    columns: {line_id: id, order_id: ^.id, sku: 'product.codes[0].sku'}
entities: {}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "orders[].lines[]",
            "orders[].lines[0]",
            "6:14 records path 'orders[].lines[0]': 'lines[0]' is neither a key nor a key followed by []",
        ),
        ("order_id: ^.id", "order_id: ^id", "7:38 column path '^id': '^' is followed by '.' and a key"),
        ("order_id: ^.id", "order_id: ^^^.id", "7:38 '^^^.id' goes out 3 records, but only 2 are around this one"),
        ("line_id: id", "_extra: id", f"7:15 '_extra' {NO_NAME}"),
    ],
)
def test_json_paths(tmp_path: Path, old: str, new: str, expected: str) -> None:
    check_source(write(tmp_path, JSON_OBJECT), ENTITIES)
    assert problems(tmp_path, JSON_OBJECT.replace(old, new)) == [expected]


def test_column_twice_in_a_list(tmp_path: Path) -> None:
    text = "source: shop\nobjects: {a: {files: a.csv, columns: [x, y, x]}}\nentities: {}\n"
    assert problems(tmp_path, text)[0] == "2:45 column 'x' stands here a second time"


LIKE = """\
source: shop
objects:
  page: {files: orders*.json, format: {type: json}, records: "orders[]", columns: {order_id: id}}
  one: {like: page, files: order.json, records: order}
  again: {like: one, files: x.json}
entities: {}
"""


def test_object_like_another_takes_over_what_it_does_not_state(tmp_path: Path) -> None:
    source = check_source(write(tmp_path, LIKE.replace("  again: {like: one, files: x.json}\n", "")), ENTITIES)
    one = source.object("one")
    assert (one.globs, one.records, dict(one.column_paths), one.format.type) == (
        ("order.json",),
        "order",
        {"order_id": "id"},
        "json",
    )


def test_object_like_one_that_is_itself_like_another(tmp_path: Path) -> None:
    assert problems(tmp_path, LIKE) == ["5:17 'one' is itself like another object: name that one -> page"]


# ── sources together ──────────────────────────────────────────────────────────────────────────────────────────────────

PAYMENTS = """\
source: provider
objects:
  charges: {files: charges.csv, columns: [payment_id, shop_order, created, amount]}
entities:
  payments:
    from: charges
    fields:
      payment_id: payment_id
      order_id: ref('shop', shop_order)
      attempted_at: epoch_seconds(created)
      status: "'succeeded'"
      amount: cents(amount)
      currency_code: "'EUR'"
"""


def test_sources_refer_to_each_other(tmp_path: Path) -> None:
    paths = [write(tmp_path, SHOP), write(tmp_path, PAYMENTS, "provider")]
    assert [source.source for source in check_sources(paths, ENTITIES)] == ["shop", "provider"]


def test_reference_to_no_source(tmp_path: Path) -> None:
    paths = [write(tmp_path, SHOP), write(tmp_path, PAYMENTS.replace("ref('shop'", "ref('shpo'"), "provider")]
    with pytest.raises(
        ConfigurationError, match=r"provider.yml:9:17: there is no source 'shpo' to refer to \(did you mean 'shop'"
    ):
        check_sources(paths, ENTITIES)


def test_mistakes_of_all_sources_at_once(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [
        write(tmp_path, SHOP.replace("Europe/Berlin", "Mars")),
        write(tmp_path, PAYMENTS.replace("cents(", "cent("), "provider"),
        write(tmp_path / "other", PAYMENTS, "provider"),
    ]
    with pytest.raises(ConfigurationError) as raised:
        check_sources(paths, ENTITIES)
    assert [(problem.line, problem.message.split(":")[0]) for problem in raised.value.problems] == [
        (1, f"there is a source 'provider' in {paths[1]} too"),
        (12, "unknown function 'cent'"),
        (2, "unknown time zone 'Mars'"),
    ]


def test_checking_starts_no_engine(tmp_path: Path) -> None:
    """All imports included; no session can exist because none of the modules that make one is loaded."""
    path = write(tmp_path, SHOP.replace("orders:", "order:"))
    program = (
        "import sys, time; began = time.monotonic()\n"
        "from pathlib import Path\n"
        "from lakehouse.errors import ConfigurationError\n"
        "from lakehouse.sources.check import check_source\n"
        "from tests.sources.entities import ENTITIES\n"
        "try: check_source(Path(sys.argv[1]), ENTITIES)\n"
        "except ConfigurationError as error: print(error.exit_code)\n"
        "print('pysail' in sys.modules, 'lakehouse.session' in sys.modules, time.process_time())"
    )
    run = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    code, engine = run.stdout.splitlines()
    assert code == "2"
    sail, session, seconds = engine.split()
    assert (sail, session) == ("False", "False")
    # Processor time, because a test machine may be busy with other things.
    assert float(seconds) < 3
