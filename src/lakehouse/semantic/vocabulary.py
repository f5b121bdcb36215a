"""What the words of a field can be: a condition on a word that no row has would be a silent 0, and is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakehouse.errors import nearest
from lakehouse.table import COUNTRY_CODE, CURRENCY_CODE

_SAID = {COUNTRY_CODE: "two capital letters (ISO 3166-1 alpha-2)", CURRENCY_CODE: "three capital letters (ISO 4217)"}


@dataclass(frozen=True)
class Vocabulary:
    """Some words, or all that have a form (a regular expression); neither is any word."""

    words: tuple[str, ...] = ()
    form: str | None = None

    def has(self, word: str) -> bool:
        if self.words:
            return word in self.words
        return self.form is None or bool(re.fullmatch(self.form, word))

    @property
    def described(self) -> str:
        """What goes on after "is always"."""
        return f"one of: {', '.join(self.words)}" if self.words else _SAID.get(self.form or "", f"like {self.form}")

    def nearest(self, word: str) -> str | None:
        """The word that was most likely meant."""
        if self.words:
            return nearest(word, self.words)
        if self.has(word.upper()):
            return word.upper()
        return _country_code(word) if self.form == COUNTRY_CODE else None


ANY_WORD = Vocabulary()


def _country_code(name: str) -> str | None:
    from holidays.registry import COUNTRIES  # takes a while, and is needed where somebody errs

    codes = {country: names[1] for country, names in COUNTRIES.items()}
    meant = nearest(name.replace(" ", "_"), codes)
    return None if meant is None else codes[meant]
