"""Where the shop sells, in which currency, at which tax and shipping; and the words its people are described with."""

from __future__ import annotations

from dataclasses import dataclass

REPORTING_CURRENCY = "EUR"
CURRENCIES = ("EUR", "GBP", "USD", "CHF", "SEK")
"""The last one is never published in the rates: only orders planted on purpose use it."""

UNPUBLISHED = CURRENCIES.index("SEK")
OPENING_RATES = {"GBP": 1.1520, "USD": 0.9210, "CHF": 1.0440}
"""Units of the reporting currency for one unit, on the first day."""

PRICE_FACTORS = (1.0, 0.88, 1.1, 0.99, 11.2)
"""What a price of one euro is in the price list of each currency."""


@dataclass(frozen=True)
class Country:
    """Tax in tenths of a percent of net goods, shipping in cents of the country's currency."""

    code: str
    weight: float
    currency: str
    tax: int
    shipping: int
    cities: tuple[tuple[str, str], ...]


COUNTRIES = (
    Country("DE", 40, "EUR", 190, 495, (
        ("Berlin", "Berlin"), ("Hamburg", "Hamburg"), ("Bayern", "München"), ("Nordrhein-Westfalen", "Köln"),
        ("Hessen", "Frankfurt am Main"), ("Sachsen", "Leipzig"), ("Baden-Württemberg", "Stuttgart"))),
    Country("AT", 8, "EUR", 200, 790, (("Wien", "Wien"), ("Steiermark", "Graz"), ("Tirol", "Innsbruck"))),
    Country("FR", 9, "EUR", 200, 790, (
        ("Île-de-France", "Paris"), ("Auvergne-Rhône-Alpes", "Lyon"), ("Occitanie", "Toulouse"))),
    Country("NL", 7, "EUR", 210, 790, (("Noord-Holland", "Amsterdam"), ("Zuid-Holland", "'s-Gravenhage"))),
    Country("IT", 5, "EUR", 220, 890, (("Lombardia", "Milano"), ("Lazio", "Roma"), ("Piemonte", "Torino"))),
    Country("ES", 4, "EUR", 210, 890, (("Madrid", "Madrid"), ("Cataluña", "Barcelona"))),
    Country("GB", 13, "GBP", 200, 690, (("England", "London"), ("Scotland", "Edinburgh"), ("Wales", "Cardiff"))),
    Country("US", 8, "USD", 63, 1490, (
        ("NY", "New York"), ("CA", "San Francisco"), ("IL", "Chicago"), ("DC", "Washington, D.C."))),
    Country("CH", 6, "CHF", 81, 990, (("Zürich", "Zürich"), ("Genève", "Genève"), ("Basel-Stadt", "Basel"))),
)  # fmt: skip

FREE_SHIPPING_ABOVE = 6_000
"""Net goods in cents of the order's currency from which shipping is free."""

FIRST_NAMES = (
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Karla", "Liam", "Mia", "Noah",
    "Olga", "Paul", "Rosa", "Samuel", "Tilda", "Viktor", "Zoë", "André", "Łucja", "Jürgen", "François", "Ebba", "Owen",
)  # fmt: skip
LAST_NAMES = (
    "Müller", "Schmidt", "Weber", "Wagner", "Becker", "Smith", "Jones", "Brown", "Taylor", "O'Brien", "Martin",
    "Bernard", "Dubois", "Rossi", "Ferrari", "García", "Fernández", "de Vries", "Jansen", "van den Berg", "Huber",
    "Gruber", "Meier", "Keller", "Johnson", "Williams", "Davis", "Smith, Jr.", "Nowak", "Ångström",
)  # fmt: skip
MAIL_NAMES = (
    "anna", "ben", "clara", "david", "emma", "felix", "greta", "hugo", "ines", "jonas", "karla", "liam", "mia", "noah",
    "olga", "paul", "rosa", "samuel", "tilda", "viktor", "zoe", "andre", "lucja", "juergen", "francois", "ebba", "owen",
)  # fmt: skip
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com")
"""Reserved for documentation (RFC 2606): no message to them reaches anybody."""
