"""The pages about tables: what they say, and that nothing is left out or leads nowhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lakehouse.derive.docs import table_pages
from lakehouse.table import (
    AMOUNT,
    BIGINT,
    DATE,
    STRING,
    Expectation,
    Field,
    Layer,
    Privacy,
    Severity,
    Table,
)

ROW_NUMBER = Field("_row_number", BIGINT, "Number of the row.")
CUSTOMERS = Table(
    Layer.SILVER,
    "customers",
    "One row per customer.",
    (
        Field("customer_id", STRING, "The customer."),
        Field("email", STRING, "The address.", nullable=True, privacy=Privacy.PII_DIRECT),
        ROW_NUMBER,
    ),
    ("customer_id",),
)
ORDERS = Table(
    Layer.SILVER,
    "orders",
    "One row per order.",
    (
        Field("order_id", STRING, "The order."),
        Field("customer_id", STRING, "Who ordered.", references="customers.customer_id", privacy=Privacy.PII_INDIRECT),
        Field("status", STRING, "*A* | <b> [c] `d` \\e.", values=("open", "closed")),
        ROW_NUMBER,
    ),
    ("order_id",),
    expectations=(Expectation("status_is_short", "length(status) < 9 or status = 'a|b'", Severity.QUARANTINE),),
)
SALES = Table(
    Layer.GOLD,
    "fact_sales",
    "One row per sale.",
    (
        Field("sale_key", STRING, "Key of the sale."),
        Field("order_id", STRING, "The order sold."),
        Field("coupon_id", STRING, "Coupon used.", references="coupons.coupon_id"),
        Field("amount", AMOUNT, "What was charged."),
        Field("sale_month", DATE, "First day of the month.", privacy=Privacy.PUBLIC),
    ),
    ("sale_key", "order_id"),
    inputs=(ORDERS, CUSTOMERS),
    partition_by=("sale_month",),
    expectations=(
        Expectation("amount_is_not_negative", "amount >= 0"),
        Expectation("amount_is_small", "amount < 1000", Severity.WARN),
    ),
)
UNUSED = Table(Layer.RUNS, "notes", "One row per note.", (Field("note", STRING, "The note."),), ("note",))
PAGES = table_pages([CUSTOMERS, ORDERS, SALES, UNUSED])


def test_a_page_for_each_layer_that_has_tables() -> None:
    assert set(PAGES) == {"index.md", "silver.md", "gold.md", "runs.md"}


def test_page_of_a_layer() -> None:
    assert PAGES["gold.md"].split("\n", 4)[4] == (
        '## <a id="fact_sales"></a>fact_sales\n'
        "\n"
        "One row per sale.\n"
        "\n"
        "- Where: `gold/fact_sales`, partitioned by `sale_month`\n"
        "- Key: `sale_key`, `order_id`\n"
        "- Made from: [orders](silver.md#orders), [customers](silver.md#customers)\n"
        "\n"
        "| field | type | meaning | privacy |\n"
        "|---|---|---|---|\n"
        "| `sale_key` | string | Key of the sale. | internal |\n"
        "| `order_id` | string | The order sold. From `orders.order_id`. | internal |\n"
        "| `coupon_id` | string | Coupon used. → `coupons.coupon_id`. | internal |\n"
        "| `amount` | decimal(18,2) | What was charged. | internal |\n"
        "| `sale_month` | date | First day of the month. | public |\n"
        "\n"
        "| expectation | rule | where broken |\n"
        "|---|---|---|\n"
        "| amount is not negative | `amount >= 0` | nothing is published |\n"
        "| amount is small | `amount < 1000` | the run reports it |\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "- Read by: [fact_sales](gold.md#fact_sales)",
        "| `email` | string, *null* | The address. | identifies a person |",
        "| `customer_id` | string | Who ordered. → [customers.customer_id](silver.md#customers). | personal |",
        "| `status` | string | \\*A\\* \\| \\<b> \\[c] \\`d\\` \\\\e. One of `open`, `closed`. | internal |",
        "| status is short | `length(status) < 9 or status = 'a\\|b'` | the row is set aside |",
    ],
    ids=["read by", "null and privacy", "reference", "vocabulary, and text that is no Markdown", "expectation"],
)
def test_line_of_a_page(line: str) -> None:
    assert line in PAGES["silver.md"].splitlines()


def test_technical_fields_that_all_share_are_said_once() -> None:
    page = PAGES["silver.md"]
    assert page.count("`_row_number`") == 1
    assert page.index("## In all of these tables") < page.index("`_row_number`")
    of_one = table_pages([CUSTOMERS, replace(ORDERS, fields=(*ORDERS.fields[:-1], replace(ROW_NUMBER, nullable=True)))])
    assert of_one["silver.md"].count("`_row_number`") == 2


def test_bronze_columns_are_a_list() -> None:
    sent = Table(Layer.BRONZE, "shop__a", "One row per record.", (Field("order_id", STRING, "As sent."),), ())
    page = table_pages([sent, replace(sent, name="shop__b")])["bronze.md"]
    assert page.count("- Columns as sent: `order_id`\n") == 2
    assert "| field |" not in page


def test_index_lists_every_table_and_pictures_those_that_are_connected() -> None:
    index, picture = PAGES["index.md"].split("```mermaid\n")
    for table in (CUSTOMERS, ORDERS, SALES, UNUSED):
        assert f"| [{table.name}]({table.layer}.md#{table.name}) | {table.grain} |" in index
    assert "silver_orders --> gold_fact_sales" in picture
    assert "notes" not in picture


def links(pages: dict[str, str]) -> set[tuple[str, str, str]]:
    return {
        (name, *found.partition("#")[::2])
        for name, page in pages.items()
        for found in re.findall(r"\]\(([^)]+)\)", page)
    }


def test_every_link_leads_somewhere() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    shipped = {path.name: path.read_text(encoding="utf-8") for path in (docs / "tables").glob("*.md")}
    for pages in (dict(PAGES), shipped):
        for page, target, anchor in links(pages):
            if target.startswith("../"):
                assert (docs / "tables" / target).is_file(), page
            else:
                assert not anchor or f'<a id="{anchor}"></a>' in pages[target], (page, target, anchor)
