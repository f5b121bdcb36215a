"""The shop's daily extract: what changed on each day, put into the files of the days it is delivered on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from lakehouse.generate import rows
from lakehouse.generate.arrays import Ints, decimals, integers, stream, words
from lakehouse.generate.facts import Facts
from lakehouse.generate.files import OBJECTS
from lakehouse.generate.places import CURRENCIES, OPENING_RATES
from lakehouse.generate.rates import Rates
from lakehouse.generate.trade import Business, Trade
from lakehouse.generate.versions import Changes, Delivery, changes_by_day, deliver, unchanging


class Shop:
    """Trades day by day; records the facts as they stand at the end of the last day."""

    def __init__(self, business: Business, facts: Facts) -> None:
        self.business, self.facts = business, facts
        self.days, self.seed = business.days, business.seed
        self.rates = Rates(stream(self.seed, "rates"), self.days)
        self._waiting: dict[int, dict[str, list[pa.Table]]] = defaultdict(lambda: defaultdict(list))

    def extracts(self) -> Iterator[tuple[int, str, pa.Table]]:
        """For each day and object the rows to deliver, day after day; a table without rows where there are none."""
        schemas: dict[str, pa.Schema] = {}
        for day in range(self.days.count):
            for delivery in self._deliveries(day):
                schemas.setdefault(delivery.object_name, pa.table(delivery.columns).schema)
                self._post(delivery)
                for again in self.business.dirt.redeliver(delivery, day, self.days.count - 1):
                    self._post(again)
            due = self._waiting.pop(day, {})
            for name in OBJECTS:
                yield day, name, pa.concat_tables(due.get(name) or [schemas[name].empty_table()])

    def _post(self, delivery: Delivery) -> None:
        """Puts rows aside for the files of their days."""
        order = np.argsort(delivery.day, kind="stable")
        table = pa.table(delivery.columns).take(pa.array(order))
        due, first, count = np.unique(delivery.day[order], return_index=True, return_counts=True)
        for day, start, length in zip(due, first, count, strict=True):
            self._waiting[int(day)][delivery.object_name].append(table.slice(int(start), int(length)))

    def _deliveries(self, day: int) -> Iterator[Delivery]:
        """All rows that come of one day, whenever they are delivered; records the day's facts."""
        opening = int(self.days.midnights[day])
        span = int(self.days.midnights[day + 1]) - opening
        known = len(self.business.customers) if day else 0
        yield self._product_changes(day, opening, span)
        yield self._customer_changes(day, opening, span)
        trade = self.business.trade(day)
        newcomers = np.arange(known, len(self.business.customers), dtype=np.int64)
        yield self._customers(newcomers, day, "registered")
        yield from self._trade(trade, day)
        yield self._published_rates(day)
        self._record(trade, newcomers, day)

    def _product_changes(self, day: int, opening: int, span: int) -> Delivery:
        catalogue, rng = self.business.catalogue, stream(self.seed, "prices", day)
        everything = np.arange(len(catalogue), dtype=np.int64)
        changed = catalogue.change(rng, opening, span) if day else everything
        self.facts.append("products", catalogue.facts(changed))
        changes = unchanging(catalogue.updated_at[changed])
        return deliver(rng, "products", catalogue.columns(changed), changes, self.days, day)

    def _customer_changes(self, day: int, opening: int, span: int) -> Delivery:
        nobody = np.empty(0, dtype=np.int64)
        rng = stream(self.seed, "moves", day)
        return self._customers(self.business.customers.change(rng, opening, span) if day else nobody, day, "changed")

    def _customers(self, numbers: Ints, day: int, reason: str) -> Delivery:
        customers, rng = self.business.customers, stream(self.seed, "customer files", reason, day)
        changes = unchanging(customers.updated_at[numbers])
        return deliver(rng, "customers", customers.columns(numbers), changes, self.days, day)

    def _published_rates(self, day: int) -> Delivery:
        published = self.rates.published_on(day)
        due = np.full(len(published) * len(OPENING_RATES), day, dtype=np.int64)
        return Delivery("exchange_rates", self.rates.columns(published), due, due < 0, due)

    def _trade(self, trade: Trade, day: int) -> Iterator[Delivery]:
        def delivered(name: str, columns: rows.Columns, changes: Changes) -> Delivery:
            return deliver(stream(self.seed, "files", name, day), name, columns, changes, self.days, day)

        changes = changes_by_day(trade.events, self.days)
        yield delivered("orders", rows.order_rows(trade, changes), changes)
        changes = changes_by_day(trade.line_course.events, self.days)
        yield delivered("order_lines", rows.line_rows(trade, self.business.catalogue, changes), changes)
        changes = changes_by_day(trade.payments.events, self.days)
        yield delivered("payments", rows.payment_rows(trade, changes), changes)
        changes = changes_by_day(trade.refunds.events, self.days)
        yield delivered("refunds", rows.refund_rows(trade, changes), changes)
        yield delivered("sessions", rows.session_rows(trade.visits), unchanging(trade.visits.started_at))

    def _record(self, trade: Trade, newcomers: Ints, day: int) -> None:
        for name, table in rows.final_facts(trade, self.days.closing - 1).items():
            self.facts.append(name, table)
        emails = self.business.customers.email(newcomers)
        registered = self.business.customers.registered_at[newcomers]
        channels = self.business.customers.channels(newcomers)
        accounts = {"customer_id": integers(newcomers), "email": emails, "registered_at": integers(registered)}
        self.facts.append("customers", pa.table({**accounts, "acquisition_channel": channels}))
        published = self.rates.published_on(day)
        currencies = np.array([CURRENCIES.index(name) for name in OPENING_RATES], dtype=np.int64)
        dates = np.repeat(self.rates.day_numbers[published], len(OPENING_RATES)).astype("timedelta64[D]")
        table = {
            "rate_date": pa.array(np.datetime64(self.days.start, "D") + dates),
            "currency": words(CURRENCIES, np.tile(currencies, len(published))),
            "rate": decimals(self.rates.values[published].reshape(-1), 8),
        }
        self.facts.append("exchange_rates", pa.table(table))
