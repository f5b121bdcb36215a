"""Files and truth agree: the files are read back as text and measured by another, deliberately naive computation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from tests.generate.conftest import KEYS, GeneratedShop, Row


@pytest.fixture(params=["clean_shop", "dirty_shop"])
def shop(request: pytest.FixtureRequest) -> GeneratedShop:
    found: GeneratedShop = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def files(shop: GeneratedShop) -> Iterator[duckdb.DuckDBPyConnection]:
    """The newest good rows of every object as tables of text."""
    with duckdb.connect() as connection:
        for name in KEYS:
            rows = pa.Table.from_pylist(shop.newest(name))
            connection.register(f"{name}_text", rows)
            columns = ", ".join(f"nullif({column}, '') AS {column}" for column in rows.column_names)
            connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM {name}_text")
        rates = pa.Table.from_pylist(shop.good("exchange_rates"))
        connection.register("rates_text", rates)
        connection.execute(
            "CREATE TABLE rates AS SELECT DISTINCT rate_date::DATE AS day, from_currency, rate::DECIMAL(18, 8) AS rate "
            "FROM rates_text"
        )
        connection.execute(_MEASURES)
        yield connection


_MEASURES = """
CREATE MACRO day(text) AS timezone('Europe/Berlin', text::TIMESTAMPTZ)::DATE;
CREATE MACRO money(text) AS coalesce(text::DECIMAL(18, 2), 0);
CREATE TABLE placed AS
SELECT o.*, day(ordered_at) AS day, CASE WHEN o.currency = 'EUR' THEN 1::DECIMAL(18, 8) ELSE (
    SELECT arg_max(r.rate, r.day) FROM rates r
    WHERE r.from_currency = o.currency AND r.day <= day(o.ordered_at) AND r.day >= day(o.ordered_at) - 7
) END AS rate
FROM orders o;
CREATE TABLE counted AS
SELECT p.*, p.status <> 'draft' AND p.is_test = 'false'
    AND (p.status <> 'cancelled' OR coalesce(p.paid_at::TIMESTAMPTZ <= p.cancelled_at::TIMESTAMPTZ, false)) AS ok,
    round(coalesce(l.gross, 0) * p.rate, 2) AS gross,
    round((coalesce(l.discount, 0) + money(p.order_discount)) * p.rate, 2) AS discount,
    round(money(p.shipping) * p.rate, 2) AS ship, round(money(p.tax) * p.rate, 2) AS taxed, l.items
FROM placed p LEFT JOIN (
    SELECT order_id, sum(round(quantity::INT * unit_price::DECIMAL(18, 4), 2)) AS gross,
        sum(money(line_discount)) AS discount, sum(quantity::INT) AS items
    FROM order_lines GROUP BY 1
) l USING (order_id)
WHERE p.rate IS NOT NULL;
"""


def _by_month(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, tuple[Any, ...]]:
    return {str(month): tuple(values) for month, *values in connection.execute(query).fetchall()}


def _truth(shop: GeneratedShop, *names: str) -> dict[str, tuple[Any, ...]]:
    def exact(value: Any) -> Any:
        return Decimal(value) if isinstance(value, str) else value

    return {row["start"]: tuple(exact(row[name]) for name in names) for row in shop.truth["grains"]["month"]}


def test_orders_and_amounts(shop: GeneratedShop, files: duckdb.DuckDBPyConnection) -> None:
    query = """
        SELECT date_trunc('month', day)::DATE, count(*), sum(gross - discount + ship + taxed), sum(gross),
            sum(discount), sum(ship), sum(taxed), sum(items)
        FROM counted WHERE ok GROUP BY 1
    """
    names = (
        "total_orders",
        "total_revenue",
        "gross_sales",
        "discounts",
        "shipping_revenue",
        "tax_collected",
        "items_sold",
    )
    assert _by_month(files, query) == _truth(shop, *names)


def test_online_orders_and_visitors(shop: GeneratedShop, files: duckdb.DuckDBPyConnection) -> None:
    query = """
        SELECT v.month, o.orders, v.visitors, v.sessions FROM (
            SELECT date_trunc('month', day(started_at))::DATE AS month, count(DISTINCT visitor_id) AS visitors,
                count(*) AS sessions
            FROM sessions GROUP BY 1
        ) v LEFT JOIN (
            SELECT date_trunc('month', CASE WHEN s.session_id IS NULL THEN c.day ELSE day(s.started_at) END)::DATE
                AS month, count(*) AS orders
            FROM counted c LEFT JOIN sessions s USING (session_id)
            WHERE ok AND sales_channel IN ('web', 'app') GROUP BY 1
        ) o USING (month)
    """
    assert _by_month(files, query) == _truth(shop, "online_orders", "visitors", "sessions")


def test_payments(shop: GeneratedShop) -> None:
    """In plain Python, request by request."""
    orders = {row["order_id"]: row for row in shop.newest("orders")}
    rates = {(row["from_currency"], row["rate_date"]): Decimal(row["rate"]) for row in shop.good("exchange_rates")}

    def day(text: str) -> date:
        return datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/Berlin")).date()

    def rate(currency: str, of: date) -> Decimal | None:
        if currency == "EUR":
            return Decimal(1)
        ages = (rates.get((currency, str(of - timedelta(days=age)))) for age in range(8))
        return next((found for found in ages if found), None)

    requests: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in shop.newest("payments"):
        requests[row["order_id"], row["idempotency_key"] or row["payment_id"]].append(row)
    totals: dict[str, list[Any]] = defaultdict(lambda: [Decimal(0), 0, 0])
    for rows in requests.values():
        rows.sort(key=lambda row: (row["attempted_at"], row["payment_id"]))
        row = next((row for row in rows if row["status"] == "succeeded"), rows[0])
        order = orders.get(row["order_id"])
        applied = rate(order["currency"], day(order["ordered_at"])) if order else None
        if order is None:
            applied = rate(row["currency"], day(row["attempted_at"]))
        if applied is None or row["status"] not in ("succeeded", "failed"):
            continue
        month = totals[f"{day(row['attempted_at']):%Y-%m}-01"]
        month[1] += 1
        if row["status"] == "succeeded":
            month[0] += (Decimal(row["amount"]) * applied).quantize(Decimal("0.01"), ROUND_HALF_UP)
            month[2] += 1
    names = ("total_payments", "decided_payments", "successful_payments")
    assert {month: tuple(values) for month, values in totals.items()} == _truth(shop, *names)


def test_refunds_and_cancellations(shop: GeneratedShop, files: duckdb.DuckDBPyConnection) -> None:
    refunds = """
        SELECT date_trunc('month', day(r.refunded_at))::DATE,
            sum(round(money(goods_amount) * c.rate, 2) + round(money(shipping_amount) * c.rate, 2)
                + round(money(tax_amount) * c.rate, 2))
        FROM refunds r JOIN counted c USING (order_id) GROUP BY 1
    """
    assert _by_month(files, refunds) == _truth(shop, "refunds")
    cancelled = """
        SELECT date_trunc('month', day)::DATE, count(*) FILTER (status = 'cancelled' AND is_test = 'false')
        FROM counted GROUP BY 1
    """
    assert _by_month(files, cancelled) == _truth(shop, "cancelled_orders")


def test_customers(shop: GeneratedShop, files: duckdb.DuckDBPyConnection) -> None:
    files.execute("""
        CREATE TABLE bought AS
        SELECT day, coalesce(
            o.customer_id,
            (SELECT min(c.customer_id) FROM customers c WHERE lower(trim(c.email)) = lower(trim(o.email))),
            nullif(lower(trim(o.email)), ''),
            o.order_id
        ) AS who FROM counted o WHERE ok
    """)
    query = """
        SELECT date_trunc('month', b.day)::DATE, count(DISTINCT who),
            count(DISTINCT who) FILTER (date_trunc('month', f.first) = date_trunc('month', b.day))
        FROM bought b JOIN (SELECT who, min(day) AS first FROM bought GROUP BY 1) f USING (who) GROUP BY 1
    """
    assert _by_month(files, query) == _truth(shop, "active_customers", "new_customers")


def test_versions_of_a_row_never_tie_in_a_clean_shop(clean_shop: GeneratedShop) -> None:
    for name in KEYS:
        versions = Counter((row[KEYS[name]], row.get("updated_at")) for row in clean_shop.delivered(name))
        assert max(versions.values()) == 1, name


def test_references_hold_in_a_clean_shop(clean_shop: GeneratedShop) -> None:
    ids = {name: {row[key] for row in clean_shop.delivered(name)} for name, key in KEYS.items()}
    for child, column, parent in (
        ("orders", "customer_id", "customers"),
        ("order_lines", "order_id", "orders"),
        ("order_lines", "product_id", "products"),
        ("payments", "order_id", "orders"),
        ("payments", "customer_id", "customers"),
        ("refunds", "order_id", "orders"),
        ("refunds", "order_line_id", "order_lines"),
        ("refunds", "payment_id", "payments"),
        ("sessions", "customer_id", "customers"),
    ):
        used = {row[column] for row in clean_shop.delivered(child)} - {""}
        assert used, (child, column)
        assert used <= ids[parent], (child, column)


def test_the_shop_has_what_real_shops_have(clean_shop: GeneratedShop) -> None:
    """Every situation that the definitions tell apart occurs."""
    orders = {row["order_id"]: row for row in clean_shop.newest("orders")}
    sessions = {row["session_id"]: row for row in clean_shop.newest("sessions")}
    versions = Counter(row["order_id"] for row in clean_shop.delivered("orders"))
    first: dict[str, Row] = {}
    for row in clean_shop.delivered("orders"):
        held = first.setdefault(row["order_id"], row)
        if row["updated_at"] < held["updated_at"]:
            first[row["order_id"]] = row
    emails = {row["email"].strip().lower() for row in clean_shop.newest("customers")}
    keys = Counter((row["order_id"], row["idempotency_key"]) for row in clean_shop.newest("payments"))
    guests = [row for row in orders.values() if not row["customer_id"]]
    cancelled = [row for row in orders.values() if row["status"] == "cancelled"]
    payments = clean_shop.newest("payments")
    assert {row["status"] for row in orders.values()} == {
        "draft",
        "placed",
        "paid",
        "fulfilled",
        "returned",
        "cancelled",
    }
    assert {row["currency"] for row in orders.values()} == {"EUR", "GBP", "USD", "CHF"}
    assert {row["status"] for row in payments} == {"succeeded", "failed", "pending", "abandoned"}
    assert {row["sales_channel"] for row in orders.values()} == {"web", "app", "store", "phone"}
    assert max(versions.values()) >= 3
    assert any(row["is_test"] == "true" for row in orders.values())
    assert any(not row["paid_at"] for row in cancelled)
    assert any(row["paid_at"] and row["paid_at"] < row["cancelled_at"] for row in cancelled)
    assert any(row["paid_at"] > row["cancelled_at"] for row in cancelled)
    assert any(row["ordered_at"][:10] != first[number]["ordered_at"][:10] for number, row in orders.items())
    assert any(row["order_discount"] != first[number]["order_discount"] for number, row in orders.items())
    assert any(not row["email"] for row in guests)
    assert any(row["email"] and not row["email"].strip() for row in guests)
    assert any(row["email"].strip().lower() in emails for row in guests if row["email"].strip())
    assert any(row["email"] != row["email"].strip() for row in orders.values())
    assert any(count > 1 for (_, key), count in keys.items() if key)
    assert any(row["session_id"] and row["session_id"] not in sessions for row in orders.values())
    placed = [row for row in first.values() if row["ordered_at"] == row["updated_at"] and row["session_id"] in sessions]
    assert all(sessions[row["session_id"]]["started_at"] < row["ordered_at"] for row in placed)
    assert max(Counter(row["session_id"] for row in orders.values() if row["session_id"] in sessions).values()) == 2
    assert any(row["order_line_id"] for row in clean_shop.newest("refunds"))
    assert any(not row["order_line_id"] for row in clean_shop.newest("refunds"))
    assert max(Counter(row["order_id"] for row in clean_shop.newest("order_lines")).values()) == 8
    assert len(sessions) > 3 * len(orders)
    assert all(date.fromisoformat(row["rate_date"]).weekday() < 5 for row in clean_shop.good("exchange_rates"))


def test_some_rows_come_late_and_none_early(clean_shop: GeneratedShop) -> None:
    delays: Counter[int] = Counter()
    for path in clean_shop.files("orders"):
        day = date.fromisoformat(path.stem.rpartition("_")[2])
        for line in clean_shop.text(path).splitlines()[1:]:
            changed = datetime.fromisoformat(line.rpartition(",")[2]).astimezone(ZoneInfo("Europe/Berlin")).date()
            delays[(day - changed).days] += 1
    assert set(delays) == {0, 1, 2, 3}
    assert delays[0] > 0.95 * delays.total()
