"""People: who they are (fixed by their number), and which of them are registered as customers by now."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.generate.arrays import (
    Bools,
    Floats,
    Ints,
    chance,
    flags,
    integers,
    joined,
    labels,
    pick,
    timestamps,
    trait,
    trait_of,
    words,
)
from lakehouse.generate.places import COUNTRIES, FIRST_NAMES, LAST_NAMES, MAIL_DOMAINS, MAIL_NAMES

MAIL_STYLES = (0.90, 0.03, 0.03, 0.02, 0.02)
"""Shares of e-mails written plainly, in capitals, capitalised, with a space before, with spaces after."""

_CHANNELS = ("organic_search", "paid_search", "social", "email", "affiliate", "referral", None)
_CHANNEL_WEIGHTS = (30, 24, 18, 10, 8, 7, 3)
_GENDERS = ("female", "male", "diverse", None)
_DAILY_CHANGES = 0.0012
_SECOND_ACCOUNTS = 0.006
_GUESTS_REGISTERING = 0.08


def country_of(persons: Ints) -> Ints:
    return trait_of(persons, 1, [country.weight for country in COUNTRIES])


def emails(persons: Ints, styles: Ints) -> pa.Array:
    """E-mails as typed: they differ in case and surrounding spaces, never otherwise; null where there is no person."""
    known = np.maximum(persons, 0)
    names = words(MAIL_NAMES, trait_of(known, 2, [1.0] * len(MAIL_NAMES)))
    domains = words(MAIL_DOMAINS, trait_of(known, 3, (5, 2, 2, 1)))
    plain = joined(names, ".", integers(persons).cast(pa.string()), "@", domains)
    spaced_before, spaced_after = joined(" ", plain), joined(plain, "  ")
    return pc.choose(
        pa.array(styles), plain, pc.utf8_upper(plain), pc.utf8_capitalize(plain), spaced_before, spaced_after
    )


class Customers:
    """Everyone registered so far, by customer number from 0; grows and changes day by day."""

    def __init__(self, rng: np.random.Generator, count: int, opening: int) -> None:
        self.persons: Ints = np.empty(0, dtype=np.int64)
        self.registered_at: Ints = np.empty(0, dtype=np.int64)
        self.updated_at: Ints = np.empty(0, dtype=np.int64)
        self.moves: Ints = np.empty(0, dtype=np.int64)
        self.consents: Bools = np.empty(0, dtype=np.bool_)
        self._propensity: Floats = np.empty(0, dtype=np.float64)
        self._people = 0
        self._guests: Ints = np.empty(0, dtype=np.int64)
        registered = np.sort(opening - rng.integers(3_600, 720 * 86_400, count))
        self.register(rng, registered)

    def __len__(self) -> int:
        return len(self.persons)

    def new_people(self, count: int) -> Ints:
        self._people += count
        return np.arange(self._people - count, self._people, dtype=np.int64)

    def new_guests(self, count: int) -> Ints:
        """People who leave an e-mail but do not register; they may order again, or register later."""
        guests = self.new_people(count)
        self._guests = np.concatenate([self._guests, guests])
        return guests

    def known_guests(self, rng: np.random.Generator, count: int) -> Ints:
        """Guests of earlier days (new ones while there are none)."""
        if not len(self._guests):
            return self.new_guests(count)
        return self._guests[rng.integers(0, len(self._guests), count)]

    def register(self, rng: np.random.Generator, at: Ints) -> Ints:
        """Registers new customers at these instants and gives their numbers: new people mostly, some of them guests
        of earlier days, some of them customers already who open a second account."""
        count, before = len(at), len(self)
        persons = self.new_people(count)
        if len(self._guests):
            persons = np.where(chance(rng, count, _GUESTS_REGISTERING), self.known_guests(rng, count), persons)
        if before:
            known = self.persons[rng.integers(0, before, count)]
            persons = np.where(chance(rng, count, _SECOND_ACCOUNTS), known, persons)
        self.persons = np.concatenate([self.persons, persons])
        self.registered_at = np.concatenate([self.registered_at, at])
        self.updated_at = np.concatenate([self.updated_at, at])
        self.moves = np.concatenate([self.moves, np.zeros(count, dtype=np.int64)])
        self.consents = np.concatenate([self.consents, chance(rng, count, 0.55)])
        self._propensity = np.concatenate([self._propensity, rng.gamma(0.6, 1.0, count) + 0.02])
        return np.arange(before, before + count, dtype=np.int64)

    def buyers(self, rng: np.random.Generator, count: int, known: int) -> Ints:
        """Customers among the first `known`, drawn by their propensity to buy again."""
        return pick(rng, count, self._propensity[:known])

    def change(self, rng: np.random.Generator, at: int, span: int) -> Ints:
        """Lets some customers move or change their consent between `at` and `at + span`; gives their numbers."""
        changed = np.flatnonzero((self.registered_at < at) & chance(rng, len(self), _DAILY_CHANGES))
        moving = chance(rng, len(changed), 0.7)
        self.moves[changed] += moving
        self.consents[changed] ^= ~moving
        self.updated_at[changed] = at + rng.integers(0, span, len(changed))
        return changed.astype(np.int64)

    def email(self, numbers: Ints) -> pa.Array:
        persons = self.persons[numbers]
        return emails(persons, trait_of(persons, 4, MAIL_STYLES))

    def channels(self, numbers: Ints) -> pa.Array:
        """Which marketing channel won these customers; null for some."""
        return words(_CHANNELS, trait_of(self.persons[numbers], 10, _CHANNEL_WEIGHTS))

    def columns(self, numbers: Ints) -> dict[str, pa.Array]:
        """The rows to deliver for these customers, as they are now."""
        persons = self.persons[numbers]
        countries = country_of(persons)
        cities = [(region, city, place) for place, country in enumerate(COUNTRIES) for region, city in country.cities]
        counts = np.array([len(country.cities) for country in COUNTRIES])
        within = (trait(persons, 5) * 1_000).astype(np.int64) + self.moves[numbers]
        city = (np.cumsum(counts) - counts)[countries] + within % counts[countries]
        born = np.datetime64("1945-01-01") + (trait(persons, 6) * 60 * 365.25).astype("timedelta64[D]")
        birthless = trait(persons, 7) < 0.12
        return {
            "customer_id": labels("C-", numbers),
            "email": self.email(numbers),
            "first_name": words(FIRST_NAMES, trait_of(persons, 2, [1.0] * len(FIRST_NAMES))),
            "last_name": words(LAST_NAMES, trait_of(persons, 8, [1.0] * len(LAST_NAMES))),
            "gender": words(_GENDERS, trait_of(persons, 9, (44, 42, 2, 12))),
            "birth_date": pa.array(born, mask=birthless).cast(pa.string()),
            "country_code": words([country.code for country in COUNTRIES], countries),
            "region": words([region for region, _, _ in cities], city),
            "city": words([name for _, name, _ in cities], city),
            "acquisition_channel": self.channels(numbers),
            "marketing_consent": flags(self.consents[numbers]),
            "registered_at": timestamps(self.registered_at[numbers]),
            "updated_at": timestamps(self.updated_at[numbers]),
        }
