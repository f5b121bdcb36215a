"""What expressions give: the value, or null and the code of the fault; on hostile text too, and never an error.

All cases are computed in one query: a row per input, a column per expression.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.candidates import codes
from lakehouse.sources.compile import Compiler
from lakehouse.sources.definition import Source
from lakehouse.sources.expressions import Scope
from lakehouse.sources.functions import FUNCTIONS, ValueType
from lakehouse.sources.operations import OPERATIONS
from lakehouse.sources.reader import read

SOURCE = Source.model_validate(
    {
        "source": "shop",
        "timezone": "Europe/Berlin",
        "objects": {"rows": {"files": "rows.csv", "columns": ("x", "y")}},
        "vocabularies": {
            "status": {"bezahlt": "paid", "offen": "placed", "nichts": None},
            "any": {"a": "b", "*": "other"},
        },
        "entities": {},
    }
)
SCOPE = Scope(("x", "y"), SOURCE.vocabularies)
LONG = "9" * 40

CASES: list[tuple[str, str | None, str | None, str | None, str]] = [
    # expression, x, y, value, faults
    ("decimal(x)", "12.34", None, "12.34", ""),
    ("decimal(x)", " -0.005\t", None, "-0.005", ""),
    ("decimal(x)", "", None, None, ""),
    ("decimal(x)", None, None, None, ""),
    ("decimal(x)", "1,5", None, None, "invalid_decimal"),
    ("decimal(x)", "1e3", None, None, "invalid_decimal"),
    ("decimal(x)", "NaN", None, None, "invalid_decimal"),
    ("decimal(x)", LONG, None, None, "invalid_decimal"),
    ("decimal(x)", "999999999999999999.5", None, "999999999999999999.5", ""),
    ("decimal(x, ',', '.')", "1.234,56", None, "1234.56", ""),
    ("decimal(x, ',', '.')", "1,234.56", None, None, "invalid_decimal"),
    ("integer(x)", "007", None, "7", ""),
    ("integer(x)", "7.0", None, None, "invalid_integer"),
    ("integer(x)", "999999999999999999", None, "999999999999999999", ""),
    ("integer(x)", "1000000000000000000", None, None, "invalid_integer"),
    ("integer(x)", LONG, None, None, "invalid_integer"),
    ("cents(x)", "1999", None, "19.99", ""),
    ("cents(x)", "-5", None, "-0.05", ""),
    ("cents(x)", "abc", None, None, "invalid_decimal"),
    ("minor_units(x, y)", "1999", "usd", "19.99", ""),
    ("minor_units(x, y)", "1999", "JPY", "1999", ""),
    ("minor_units(x, y)", "1999", "kwd ", "1.999", ""),
    ("minor_units(x, y)", "1999", "CLF", "0.1999", ""),
    ("minor_units(x, y)", "1999", " ", None, "invalid_decimal"),
    ("minor_units(x, y)", "", None, None, ""),
    ("boolean(x)", "TRUE", None, "true", ""),
    ("boolean(x)", "n", None, "false", ""),
    ("boolean(x)", "maybe", None, None, "invalid_boolean"),
    ("boolean(x, 'ja', 'nein')", "Nein", None, "false", ""),
    ("boolean(x, 'ja', 'nein')", "no", None, None, "invalid_boolean"),
    ("boolean(x, 'y')", "y", None, "true", ""),
    ("boolean(x, 'y')", "0", None, "false", ""),
    ("timestamp(x)", "2026-07-01T12:00:00Z", None, "2026-07-01 12:00:00", ""),
    ("timestamp(x)", "2026-07-01T12:00:00-05:00", None, "2026-07-01 17:00:00", ""),
    ("timestamp(x)", "2026-07-01 12:00:00", None, "2026-07-01 10:00:00", ""),
    ("timestamp(x)", "2026-02-30T12:00:00Z", None, None, "invalid_timestamp"),
    ("timestamp(x, 'dd.MM.yyyy HH:mm')", "01.12.2026 12:00", None, "2026-12-01 11:00:00", ""),
    ("timestamp(x, 'dd.MM.yyyy HH:mm', 'UTC')", "01.12.2026 12:00", None, "2026-12-01 12:00:00", ""),
    ("timestamp(x, 'yyyy-MM-dd')", "2026-12-01", None, "2026-11-30 23:00:00", ""),
    ("timestamp('2018-01-01', 'yyyy-MM-dd', 'UTC')", None, None, "2018-01-01 00:00:00", ""),
    ("date(x)", "2024-02-29", None, "2024-02-29", ""),
    ("date(x)", "2023-02-29", None, None, "invalid_date"),
    ("date(x, 'd.M.yyyy')", "3.4.2020", None, "2020-04-03", ""),
    ("epoch_seconds(x)", "1700000000", None, "2023-11-14 22:13:20", ""),
    ("epoch_millis(x)", "1700000000500", None, "2023-11-14 22:13:20.5", ""),
    ("epoch_seconds(x)", LONG, None, None, "invalid_timestamp"),
    ("lookup(x, 'status')", "bezahlt ", None, "paid", ""),
    ("lookup(x, 'status')", "nichts", None, None, ""),
    ("lookup(x, 'status')", "storniert", None, None, "unknown_value"),
    ("lookup(x, 'status')", " ", None, None, ""),
    ("lookup(x, 'any')", "storniert", None, "other", ""),
    ("ref('crm', x)", " 17 ", None, "crm:17", ""),
    ("ref('crm', x)", " ", None, None, ""),
    ("ref('crm', x)", "NULL", None, None, ""),
    ("ref('crm', integer(x))", "007", None, "crm:7", ""),
    ("coalesce(ref('crm', x), y)", "", "5", "shop:5", ""),
    ("case when x = 'a' then ref('crm', y) else y end", "a", "5", "crm:5", ""),
    ("case when x = 'a' then ref('crm', y) else y end", "b", "5", "shop:5", ""),
    ("lower(x)", "ÄB", None, "äb", ""),
    ("upper(x)", "äb", None, "ÄB", ""),
    ("trim(x)", "\u00a0 a b\t", None, "a b", ""),
    ("length(x)", "äbc", None, "3", ""),
    ("substring(x, 2)", "abc", None, "bc", ""),
    ("substring(x, 2, 1)", "abc", None, "b", ""),
    ("replace(x, '.', '')", "1.2.3", None, "123", ""),
    ("split_part(x, '.', 1)", "17850.0", None, "17850", ""),
    ("split_part(x, '.', 3)", "17850.0", None, "", ""),
    ("x || '-' || length(y)", "a", "bcd", "a-3", ""),
    ("concat(x, y)", "a", None, None, ""),
    ("regexp_like(x, '^[0-9]+$')", "536365", None, "true", ""),
    ("regexp_like(x, '^[0-9]+$')", "C536365", None, "false", ""),
    ("regexp_like(x, '^[0-9]+$')", "536365\n", None, "false", ""),
    ("regexp_extract(x, '_([A-Z]{2})[.]', 1)", "sales_DE.csv", None, "DE", ""),
    ("regexp_extract(x, '_([A-Z]{2})[.]')", "sales.csv", None, None, ""),
    ("regexp_extract(x, '[0-9]+', 0)", "ab12", None, "12", ""),
    ("x like 'C%'", "C1", None, "true", ""),
    ("x not like 'C%'", "C1", None, "false", ""),
    ("abs(decimal(x))", "-2.5", None, "2.5", ""),
    ("round(decimal(x), 2)", "1.005", None, "1.01", ""),
    ("round(decimal(x), 2)", "-1.005", None, "-1.01", ""),
    ("round(decimal(x), 0)", "999999999999999999.5", None, None, "out_of_range"),
    ("-decimal(x)", "2.5", None, "-2.5", ""),
    ("decimal(x) + decimal(y)", "0.1", "0.2", "0.3", ""),
    ("decimal(x) - decimal(y)", "0.1", "0.2", "-0.1", ""),
    ("decimal(x) + decimal(y)", "999999999999999999", "1", None, "out_of_range"),
    ("decimal(x) * decimal(y)", "-3", "2.555", "-7.665", ""),
    ("decimal(x) * decimal(y)", "999999999999", "999999999999", None, "out_of_range"),
    ("decimal(x) * decimal(y)", "0.0000001", "1", None, "out_of_range"),
    ("integer(x) * 1.5", "3", None, "4.5", ""),
    ("integer(x) * integer(y)", "999999999999", "999999", "999998999999000001", ""),
    ("integer(x) * integer(y)", "999999999999", "9999999", None, "out_of_range"),
    ("integer(x) * integer(y)", "12", "12", "144", ""),
    ("integer(x) + 1", "999999999999999999", None, None, "out_of_range"),
    ("decimal(x) > 2", "2.5", None, "true", ""),
    ("decimal(x) = integer(y)", "2.0", "2", "true", ""),
    ("decimal(x) between 1 and 2", "2.5", None, "false", ""),
    ("x in ('a', 'b')", "b", None, "true", ""),
    ("x not in ('a', 'b')", None, None, None, ""),
    ("x is null", None, None, "true", ""),
    ("x is not null", None, None, "false", ""),
    ("nullif(x, '-')", "-", None, None, ""),
    ("nullif(x, '-')", "a", None, "a", ""),
    ("coalesce(x, y, 'z')", None, None, "z", ""),
    # A fault counts only where its part of the expression does.
    ("coalesce(decimal(x), decimal(y))", "1", "abc", "1", ""),
    ("coalesce(decimal(x), decimal(y))", "", "abc", None, "invalid_decimal"),
    ("coalesce(decimal(x), 0)", "abc", None, "0", "invalid_decimal"),
    ("case when y = 'n' then decimal(x) else 0 end", "abc", "n", None, "invalid_decimal"),
    ("case when y = 'n' then decimal(x) else 0 end", "abc", "m", "0", ""),
    ("case when y = 'n' then 1 when integer(x) > 0 then 2 else 3 end", "abc", "n", "1", ""),
    ("case when y = 'n' then 1 when integer(x) > 0 then 2 else 3 end", "abc", "m", "3", "invalid_integer"),
    ("case when y = 'n' then 1 when y = 'n' then decimal(x) end", "abc", "n", "1", ""),
    ("case when y = 'n' then 1 end", None, None, None, ""),
    ("case y when 'n' then 'no' else 'yes' end", None, "n", "no", ""),
    ("regexp_like(x, '^[0-9]+$') and integer(x) > 5", "abc", None, "false", ""),
    ("regexp_like(x, '^[0-9]+$') and integer(x) > 5", "6", None, "true", ""),
    ("x = 'abc' or integer(x) > 5", "abc", None, "true", ""),
    ("x = 'abd' or integer(x) > 5", "abc", None, None, "invalid_integer"),
    ("decimal(x) + integer(y)", "abc", "def", None, "invalid_decimal;invalid_integer"),
]


def spoken(value: str | None) -> str | None:
    """A value as text, whatever the scale of its type."""
    try:
        return None if value is None else f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return value


@pytest.fixture(scope="module")
def results(spark: SparkSession) -> dict[tuple[str, str | None, str | None], tuple[str | None, str]]:
    """(expression, x, y) → the value as text, and the codes of its faults."""
    inputs = list(dict.fromkeys((x, y) for _, x, y, _, _ in CASES))
    texts = list(dict.fromkeys(text for text, *_ in CASES))
    compiler = Compiler(SOURCE, {})
    columns = []
    for number, text in enumerate(texts):
        tree, mistakes = read(text, SCOPE)
        assert mistakes == (), text
        is_reference = tree.type is ValueType.REFERENCE
        compiled = compiler.identifier(tree) if is_reference else compiler.compile(tree)
        columns += [
            compiled.value.cast("string").alias(f"value_{number}"),
            codes(compiled.faults).alias(f"faults_{number}"),
        ]
    frame = spark.createDataFrame([(number, *each) for number, each in enumerate(inputs)], "n int, x string, y string")
    rows = {row["n"]: row for row in frame.select("n", *columns).collect()}
    return {
        (text, *each): (rows[at][f"value_{number}"], rows[at][f"faults_{number}"])
        for number, text in enumerate(texts)
        for at, each in enumerate(inputs)
    }


@pytest.mark.parametrize(
    ("text", "x", "y", "value", "faults"), CASES, ids=[f"{text} of {x!r}, {y!r}"[:90] for text, x, y, _, _ in CASES]
)
def test_value_and_faults(
    results: dict[tuple[str, str | None, str | None], tuple[str | None, str]],
    text: str,
    x: str | None,
    y: str | None,
    value: str | None,
    faults: str,
) -> None:
    given, given_faults = results[text, x, y]
    assert (spoken(given), given_faults) == (spoken(value), faults)


def test_every_function_that_stands_for_one_row_is_compiled() -> None:
    other = {"coalesce", "sequence_within", *(name for name, each in FUNCTIONS.items() if each.is_aggregate)}
    assert set(FUNCTIONS) - other - set(OPERATIONS) == set()


HOSTILE = (
    *(
        "",
        " ",
        "\t",
        "-",
        "+",
        ".",
        ",",
        "--1",
        "1-",
        "1.2.3",
        "1e400",
        "1e-400",
        "Infinity",
        "-Infinity",
        "NaN",
        "0x1F",
    ),
    *("٣", "1\u00a0234", "\u202e12", "½", "\ud7ff", "😀", "a\nb", "'; drop table x; --", "${jndi:x}", "{{7*7}}", "%s"),
    *("0" * 500, "9" * 500, "-" + "9" * 19, "9223372036854775807", "9223372036854775808", "-9223372036854775808"),
    *(
        "0000-00-00",
        "0001-01-01",
        "9999-12-31",
        "10000-01-01",
        "2026-03-29 02:30:00",
        "2026-10-25T02:30:00",
        "24:00:00",
    ),
    *(
        "2026-01-01T00:00:00+18:00",
        "9999-12-31T23:59:59-18:00",
        "0001-01-01T00:00:00+18:00",
        "253402300800",
        "-62135596801",
    ),
    *("1" + "0" * 17, "1" + "0" * 18, "0." + "1" * 40, "999999999999.9999995", "-999999999999.9999995"),
)


def test_no_text_makes_an_engine_fail(spark: SparkSession) -> None:
    """Under ANSI: whatever stands in a cell, every expression gives a value or null."""
    compiler = Compiler(SOURCE, {})
    texts = dict.fromkeys(text for text, *_ in CASES)
    compiled = [compiler.compile(read(text, SCOPE)[0]) for text in texts]
    columns = [part.cast("string") for each in compiled for part in (each.value, codes(each.faults))]
    rows = [(x, y) for x in HOSTILE for y in (x, "1", "999999999999999999", "USD", None)]
    frame = spark.createDataFrame(rows, "x string, y string")
    checked = frame.select([column.alias(f"c{number}") for number, column in enumerate(columns)])
    assert checked.agg(*[F.count(name) for name in checked.columns]).collect()
