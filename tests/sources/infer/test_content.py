"""What a column's texts are taken for."""

from __future__ import annotations

import pytest

from lakehouse.sources.functions import ValueType
from lakehouse.sources.infer.content import Content, reading

DECIMAL, INTEGER, BOOLEAN, TIMESTAMP, DATE, STRING = (
    ValueType.DECIMAL,
    ValueType.INTEGER,
    ValueType.BOOLEAN,
    ValueType.TIMESTAMP,
    ValueType.DATE,
    ValueType.STRING,
)


@pytest.mark.parametrize(
    ("texts", "wanted", "name", "expected"),
    [
        (("1", "-2.50"), DECIMAL, "amount", "decimal(x)"),
        (("1,5", "2"), DECIMAL, "Betrag", "decimal(x, ',', '.')"),
        (("1.234,56", "7,00"), DECIMAL, "Betrag", "decimal(x, ',', '.')"),
        (("1,234.56", "7.00"), DECIMAL, "amount", "decimal(x, '.', ',')"),
        (("€ 1,50", "€ 2,00"), DECIMAL, "Preis", "decimal(replace(x, '€', ''), ',', '.')"),
        (("1999", "5"), DECIMAL, "amount_cents", "cents(x)"),
        (("1999", "5"), DECIMAL, "betrag_ct", "cents(x)"),
        (("1999", "5"), DECIMAL, "amount", "decimal(x)"),
        (("1999", "5"), DECIMAL, "product", "decimal(x)"),
        (("abc", "1"), DECIMAL, "amount", None),
        ((), DECIMAL, "amount", None),
        (("1", "22"), INTEGER, "qty", "integer(x)"),
        (("1.5",), INTEGER, "qty", None),
        (("true", "FALSE"), BOOLEAN, "active", "boolean(x)"),
        (("1", "0"), BOOLEAN, "active", "boolean(x)"),
        (("Ja", "nein"), BOOLEAN, "aktiv", "boolean(x, 'ja', 'nein')"),
        (("J", "N"), BOOLEAN, "lieferbar", "boolean(x, 'j', 'n')"),
        (("nee", "ja"), BOOLEAN, "actief", "boolean(x, 'ja', 'nee')"),
        (("maybe",), BOOLEAN, "active", None),
        (("2026-01-31T10:00:00Z", "2026-01-31 10:00"), TIMESTAMP, "at", "timestamp(x)"),
        (("2026-01-31T10:00:00.123+02:00",), TIMESTAMP, "at", "timestamp(x)"),
        (("2026-01-31",), TIMESTAMP, "at", "timestamp(x, 'yyyy-MM-dd')"),
        (("31.01.2026 10:15",), TIMESTAMP, "at", "timestamp(x, 'dd.MM.yyyy HH:mm')"),
        (("1/31/2026 9:05",), TIMESTAMP, "at", "timestamp(x, 'M/d/yyyy H:mm')"),
        (("1700000000",), TIMESTAMP, "created", "epoch_seconds(x)"),
        (("1700000000000",), TIMESTAMP, "created", "epoch_millis(x)"),
        (("1990-01-31",), DATE, "born", "date(x)"),
        (("31.1.1990", "1.12.1990"), DATE, "born", "date(x, 'd.M.yyyy')"),
        (("19900131",), DATE, "born", "date(x, 'yyyyMMdd')"),
        (("yesterday",), DATE, "born", None),
        (("anything",), STRING, "name", "x"),
    ],
)
def test_reading(texts: tuple[str, ...], wanted: ValueType, name: str, expected: str | None) -> None:
    found = reading(Content(texts, len(texts)), wanted, name)
    assert (found and found.of("x")) == expected


@pytest.mark.parametrize(
    ("texts", "is_doubtful"), [(("03/04/2026",), True), (("03/04/2026", "13/04/2026"), False), (("2026-03-04",), False)]
)
def test_day_and_month_that_could_be_swapped_are_doubtful(texts: tuple[str, ...], is_doubtful: bool) -> None:
    found = reading(Content(texts, len(texts)), ValueType.DATE, "day")
    assert found is not None
    assert (found.doubt is not None) == is_doubtful


@pytest.mark.parametrize(
    ("good", "bad", "is_number"),
    [
        pytest.param(99, 1, True, id="one in a hundred"),
        pytest.param(95, 5, True, id="five in a hundred"),
        pytest.param(94, 6, False, id="more"),
        pytest.param(4, 1, True, id="one in a few"),
        pytest.param(8, 2, False, id="two in a few"),
        pytest.param(3, 1, False, id="one in too few"),
    ],
)
def test_a_few_mistakes_do_not_change_the_kind(good: int, bad: int, is_number: bool) -> None:
    texts = (*["1.50"] * good, *["oops"] * bad)
    assert (reading(Content(texts, len(texts)), ValueType.DECIMAL, "amount") is not None) == is_number
