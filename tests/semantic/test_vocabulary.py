"""What a word can be, and which was meant."""

from __future__ import annotations

import pytest

from lakehouse.semantic.facts import TABLES
from lakehouse.semantic.vocabulary import Vocabulary
from lakehouse.table import COUNTRY_CODE, CURRENCY_CODE

COUNTRY = Vocabulary(form=COUNTRY_CODE)
CURRENCY = Vocabulary(form=CURRENCY_CODE)
SIZES = Vocabulary(("small", "large"))
SKU = Vocabulary(form="[0-9]+")
WRONG = [
    pytest.param(COUNTRY, "Germany", "DE", id="country by its name"),
    pytest.param(COUNTRY, "United Kingdom", "GB", id="country of two words"),
    pytest.param(COUNTRY, "Grmany", "DE", id="country with a slip"),
    pytest.param(COUNTRY, "fr", "FR", id="country in small letters"),
    pytest.param(COUNTRY, "12345", None, id="no country"),
    pytest.param(CURRENCY, "eur", "EUR", id="currency in small letters"),
    pytest.param(CURRENCY, "euros", None, id="no currency"),
    pytest.param(SIZES, "smal", "small", id="one of some words"),
    pytest.param(SKU, "a1", None, id="another form"),
]


@pytest.mark.parametrize(("vocabulary", "word", "meant"), WRONG)
def test_a_word_that_cannot_be(vocabulary: Vocabulary, word: str, meant: str | None) -> None:
    assert not vocabulary.has(word)
    assert vocabulary.nearest(word) == meant


@pytest.mark.parametrize(
    ("vocabulary", "word"),
    [(COUNTRY, "DE"), (COUNTRY, "ZZ"), (CURRENCY, "JPY"), (SIZES, "large"), (SKU, "12"), (Vocabulary(), "anything")],
    ids=str,
)
def test_a_word_that_can_be(vocabulary: Vocabulary, word: str) -> None:
    assert vocabulary.has(word)


def test_every_code_of_gold_says_its_form() -> None:
    """A code without it could be asked for by a word that no row has."""
    codes = {
        (field.name.endswith("country_code"), field.form)
        for table in TABLES.values()
        for field in table.fields
        if field.name.endswith(("country_code", "currency_code"))
    }
    assert codes == {(True, COUNTRY_CODE), (False, CURRENCY_CODE)}
