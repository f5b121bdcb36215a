"""What goes wrong with deliveries, planted on purpose and counted by kind and object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from lakehouse.generate.arrays import Bools, Ints, chance, stream, words
from lakehouse.generate.files import Layout, csv_lines, quoted
from lakehouse.generate.versions import Delivery

_UNKNOWN = 900_000_000
_UNKNOWN_PRODUCT = 900_000
_PER_MODEL_KIND = 0.1
"""Orders, lines and payments planted as such, per kind, as a share of the dirty share."""

_PER_ROW_KIND = {
    "duplicate_same_file": 0.2,
    "null_key": 0.05,
    "too_few_fields": 0.05,
    "too_many_fields": 0.05,
    "unbalanced_quote": 0.03,
    "invalid_number": 0.06,
    "invalid_date": 0.06,
    "unknown_status": 0.04,
}
_PER_REDELIVERY = {"duplicate_other_file": 0.2, "stale": 0.5, "conflict": 0.1}
_FILES_PER_SHARE = 4.0
_MOST_FILES = 0.4

_KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_lines": "order_line_id",
    "payments": "payment_id",
    "refunds": "refund_id",
    "sessions": "session_id",
}
_NUMBERS = {
    "products": "unit_price",
    "orders": "shipping",
    "order_lines": "unit_price",
    "payments": "amount",
    "refunds": "goods_amount",
    "sessions": "page_views",
}
_INSTANTS = {
    "customers": "registered_at",
    "products": "updated_at",
    "orders": "ordered_at",
    "order_lines": "updated_at",
    "payments": "attempted_at",
    "refunds": "refunded_at",
    "sessions": "started_at",
}
_WITH_STATUS = frozenset({"orders", "payments"})
_CONFLICTS = {"orders": ("coupon_code", "SORRY5"), "customers": ("city", "Elsewhere"), "products": ("brand", "Rebrand")}
"""Columns no KPI depends on, and what the conflicting version holds there."""

_BAD_NUMBERS = ("abc", "12,34", "12.3.4", "NaN", "99999999999999999999.00", "--1")
_BAD_INSTANTS = ("2024-02-30T10:00:00Z", "not a date", "31/12/2024", "2024-13-01T00:00:00Z", "2024-05-05T25:00:00Z")
_BAD_STATUSES = ("teleported", "unknown?")
_EXTRA_COLUMN = "delivery_note"


class Dirt:
    """Plants dirt for a share of rows and keeps count; a share of 0 plants nothing."""

    def __init__(self, seed: int, share: float) -> None:
        self.seed, self.share = seed, share
        self.planted: dict[str, Counter[str]] = {}

    def count(self, kind: str, object_name: str, number: int) -> None:
        """Notes that so many rows (or files) were planted."""
        if number:
            self.planted.setdefault(kind, Counter())[object_name] += number

    def choose(self, kind: str, object_name: str, day: int, suitable: Bools) -> Bools:
        """Which of the day's orders, lines or payments are planted as this kind."""
        rng = stream(self.seed, "planted", kind, day)
        chosen = suitable & chance(rng, len(suitable), self.share * _PER_MODEL_KIND)
        self.count(kind, object_name, int(chosen.sum()))
        return chosen

    def unknown_customers(self, day: int, customer: Ints) -> Ints:
        chosen = self.choose("unknown_customer", "orders", day, customer >= 0)
        return np.where(chosen, _UNKNOWN + customer, customer)

    def unknown_products(self, day: int, product: Ints) -> Ints:
        """Product numbers that no catalogue knows, negative where the line keeps its own."""
        chosen = self.choose("unknown_product", "order_lines", day, product >= 0)
        return np.where(chosen, _UNKNOWN_PRODUCT + product, -1)

    def redeliver(self, delivery: Delivery, day: int, last_day: int) -> Iterator[Delivery]:
        """Rows delivered once more in later files: exact copies of newest rows, older versions after newer ones, and
        conflicting versions (same key and version instant, another payload)."""
        for kind, weight in _PER_REDELIVERY.items():
            if kind == "conflict" and delivery.object_name not in _CONFLICTS:
                continue
            rng = stream(self.seed, kind, delivery.object_name, day)
            due = delivery.newest_day + rng.integers(0 if kind == "conflict" else 1, 5, len(delivery.day))
            suitable = (delivery.superseded == (kind == "stale")) & (due <= last_day)
            chosen = np.flatnonzero(suitable & chance(rng, len(due), self.share * weight))
            self.count(kind, delivery.object_name, len(chosen))
            columns = {name: cells.take(pa.array(chosen)) for name, cells in delivery.columns.items()}
            if kind == "conflict":
                column, value = _CONFLICTS[delivery.object_name]
                columns[column] = words((value,), np.zeros(len(chosen), dtype=np.int64))
            yield replace(
                delivery,
                columns=columns,
                day=due[chosen],
                superseded=delivery.superseded[chosen],
                newest_day=delivery.newest_day[chosen],
            )

    def lay_out(self, object_name: str, day: date, rows: pa.Table) -> tuple[Layout, pa.Array]:
        """How a file is laid out and its lines, broken ones among them."""
        rng = stream(self.seed, "file", object_name, day.toordinal())
        odd = chance(rng, 4, min(self.share * _FILES_PER_SHARE, _MOST_FILES))
        reordered, extra, windows, marked = (bool(each) for each in odd)
        columns = tuple(rows.column_names)
        if reordered:
            shift = int(rng.integers(1, len(columns)))
            columns = columns[shift:] + columns[:shift]
        if extra:
            note = words([f"note {number}" for number in range(7)], rng.integers(0, 7, len(rows)))
            rows, columns = rows.append_column(_EXTRA_COLUMN, note), (*columns, _EXTRA_COLUMN)
        kinds = ("reordered_columns", "undeclared_column", "crlf", "byte_order_mark")
        for kind, planted in zip(kinds, odd, strict=True):
            self.count(f"file_{kind}", object_name, int(planted))
        lines = self._with_broken_lines(rng, object_name, day, rows.select(columns))
        return Layout(columns, "\r\n" if windows else "\n", marked), lines

    def _with_broken_lines(self, rng: np.random.Generator, object_name: str, day: date, rows: pa.Table) -> pa.Array:
        lines = csv_lines(rows, rows.column_names)
        count = len(rows)
        broken: list[str] = []
        unclosed: list[str] = []
        for kind, weight in _PER_ROW_KIND.items():
            number = int(rng.poisson(count * self.share * weight)) if _applies(kind, object_name) else 0
            self.count(kind, object_name, number)
            chosen = pa.array(rng.integers(0, max(count, 1), number))
            if kind == "duplicate_same_file":
                lines = pa.concat_arrays([lines, lines.take(chosen)])
                continue
            for row in rows.take(chosen).to_pylist():
                fresh = f"X{day:%y%m%d}-{len(broken) + len(unclosed)}"
                ends_file = kind == "unbalanced_quote" and not unclosed
                (unclosed if ends_file else broken).append(_broken(rng, kind, object_name, row, fresh, ends_file))
        lines = pa.concat_arrays([lines, pa.array(broken, pa.string())])
        places = np.concatenate([np.arange(count), rng.uniform(0, max(count, 1), len(lines) - count)])
        mixed = lines.take(pa.array(np.argsort(places, kind="stable")))
        return pa.concat_arrays([mixed, pa.array(unclosed, pa.string())])


def _applies(kind: str, object_name: str) -> bool:
    """Whether a file of this object can hold this kind of bad row."""
    if kind == "unknown_status":
        return object_name in _WITH_STATUS
    if kind == "invalid_number":
        return object_name in _NUMBERS
    return kind == "duplicate_same_file" or object_name in _KEYS


def _broken(
    rng: np.random.Generator, kind: str, object_name: str, row: dict[str, str | None], fresh: str, ends_file: bool
) -> str:
    """A copy of a row under a key of its own, broken in one way; it must not count in any number."""
    cells = {name: value or "" for name, value in row.items()}
    key = _KEYS[object_name]
    cells[key] = fresh
    if cells.get("idempotency_key"):
        cells["idempotency_key"] = fresh
    if kind == "null_key":
        cells[key] = ("", "   ")[int(rng.integers(0, 2))]
    elif kind == "invalid_number":
        cells[_NUMBERS[object_name]] = _BAD_NUMBERS[int(rng.integers(0, len(_BAD_NUMBERS)))]
    elif kind in ("invalid_date", "unbalanced_quote"):
        cells[_INSTANTS[object_name]] = _BAD_INSTANTS[int(rng.integers(0, len(_BAD_INSTANTS)))]
    elif kind == "unknown_status":
        cells["status"] = _BAD_STATUSES[int(rng.integers(0, len(_BAD_STATUSES)))]
    fields = [quoted(text) for text in cells.values()]
    if kind == "too_few_fields":
        fields = fields[:-2]
    elif kind == "too_many_fields":
        fields += ["surplus", "fields"]
    elif kind == "unbalanced_quote":
        fields[0] = f'"{fresh}' if ends_file else f'"{fresh}"and more'
    return ",".join(fields)
