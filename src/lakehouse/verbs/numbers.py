"""Exact decimal arithmetic: reading, rounding, dividing, adding and spreading, always half up and never wrapping."""

from __future__ import annotations

import re
from decimal import Decimal

from lakehouse.spark import Column, F, WindowSpec

_OPERAND_SCALE = 8


def parse_decimal(
    text: Column, precision: int, scale: int, decimal_separator: str = ".", group_separator: str | None = None
) -> Column:
    """The number written in plain digits, exactly, or null.

    Null too for exponents, NaN, blanks, more integer digits than fit, and more fraction digits than `scale` unless they
    are zeros: nothing is rounded. Groups, where a separator is given, are of three digits and may be left out.
    """
    point, integer_digits = re.escape(decimal_separator), precision - scale
    fraction = f"[0-9]{{1,{scale}}}0*" if scale else "0+"
    whole = f"0*[0-9]{{1,{integer_digits}}}" if integer_digits else "0+"
    fits = f"[+-]?(?:{whole}(?:{point}{fraction})?|{point}{fraction})"
    plain, good = text, text.rlike(rf"\A{fits}\z")
    if group_separator is not None:
        plain = F.translate(text, group_separator, "")
        grouped = rf"\A[+-]?[0-9]{{1,3}}(?:{re.escape(group_separator)}[0-9]{{3}})+(?:{point}[0-9]+)?\z"
        good = good | (text.rlike(grouped) & plain.rlike(rf"\A{fits}\z"))
    # Plain digits are what all engines cast alike; 1e3 they do not.
    return F.when(good, F.translate(plain, decimal_separator, ".")).cast(f"decimal({precision},{scale})")


def parse_integer(text: Column) -> Column:
    """The whole number of at most 18 digits written in them as bigint, or null; a decimal point is no part of one."""
    return F.when(text.rlike(r"\A[+-]?0*[0-9]{1,18}\z"), text).cast("bigint")


def round_half_up(column: Column, precision: int, scale: int) -> Column:
    """A decimal or integer at this scale, ties away from zero; an error if it does not fit."""
    return column.cast(f"decimal({precision},{scale})")


def multiply(a: Column, b: Column, precision: int, scale: int) -> Column:
    """The exact product of two decimals, then rounded half up.

    The operands' precisions add up to at most 37, as those of any two 18-digit decimals do.
    """
    return (a * b).cast(f"decimal({precision},{scale})")


def quotient(numerator: Column, denominator: Column, scale: int) -> Column:
    """Numerator over denominator as decimal(38, scale), rounded half up; null where the denominator is zero or null.

    Operands are decimals or integers of at most 8 fraction and 18 integer digits; an error where digits do not suffice.
    """
    above, below = (unscaled(operand, _OPERAND_SCALE, 26) for operand in (numerator, denominator))
    return scaled(divided(above * power(scale), below), scale, 38)


def bounded_sum(column: Column, precision: int = 18, scale: int = 2, window: WindowSpec | None = None) -> Column:
    """The sum of decimals as decimal(precision, scale): an error where it does not fit, never a wrapped number."""
    total = F.sum(column.cast(f"decimal({precision},{scale})"))
    return (total if window is None else total.over(window)).cast(f"decimal({precision},{scale})")


def whole(column: Column, digits: int) -> Column:
    return column.cast(f"decimal({digits},0)")


def power(exponent: int) -> Column:
    return F.lit(10**exponent).cast(f"decimal({exponent + 1},0)")


def unscaled(column: Column, scale: int, digits: int) -> Column:
    """The decimal as the whole number of its smallest units."""
    return whole(column.cast(f"decimal({digits},{scale})") * power(scale), digits)


def scaled(units: Column, scale: int, digits: int) -> Column:
    """The decimal that has this whole number of smallest units."""
    # The smallest type: digits of a product beyond 38 would be taken from its fraction.
    unit = F.lit(Decimal(1).scaleb(-scale)).cast(f"decimal({max(scale, 1)},{scale})")
    return (whole(units, 27) * unit).cast(f"decimal({digits},{scale})")


def divided(numerator: Column, denominator: Column) -> Column:
    """Whole number over whole number, half up, null over zero.

    The remainder goes first, so that the division leaves nothing to round: Spark rounds it, Sail cuts it off.
    """
    above, below = whole(numerator, 38), whole(F.when(denominator != 0, denominator), 38)
    rest = above % below
    step = F.when((above < 0) == (below < 0), 1).otherwise(-1)
    is_half = F.abs(rest) >= F.abs(below) - F.abs(rest)
    return whole((above - rest) / below, 36) + F.when(is_half, step).otherwise(0).cast("decimal(1,0)")
