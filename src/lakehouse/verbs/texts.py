"""Texts read as flags or brought to one form."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.spark import Column, F

# Spelled out, because engines disagree on which characters are blank.
_BLANKS = " \t\n\r\f\v\u00a0\u2007\u202f\u200b\ufeff"


def parse_boolean(text: Column, true_values: Sequence[str], false_values: Sequence[str]) -> Column:
    """True or false where the text is exactly one of the values given, else null."""
    return F.when(text.isin(*true_values), F.lit(True)).when(text.isin(*false_values), F.lit(False))


def normalised_email(column: Column) -> Column:
    """The address without blanks around it, in lower case; null if nothing is left."""
    bare = F.lower(F.btrim(column, F.lit(_BLANKS)))
    return F.when(bare != "", bare)
