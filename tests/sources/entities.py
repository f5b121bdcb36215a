"""The entities that the tests' sources fill."""

from __future__ import annotations

from lakehouse.silver import customers, exchange_rates, order_lines, orders, payments, products, refunds, sessions
from lakehouse.table import Table

ENTITIES: dict[str, Table] = {
    module.TABLE.name: module.TABLE
    for module in (customers, products, orders, order_lines, payments, refunds, sessions, exchange_rates)
}
