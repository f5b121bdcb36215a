from __future__ import annotations

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import Case, parametrised

CASES = [
    Case(
        "boolean",
        "x string",
        lambda: verbs.parse_boolean(F.col("x"), ["Y", "1"], ["N", "0"]),
        "boolean",
        {"Y": True, "1": True, "N": False, "0": False, "y": None, " Y": None, "": None, "true": None, None: None},
    ),
    Case(
        "email",
        "x string",
        lambda: verbs.normalised_email(F.col("x")),
        "string",
        {
            " Ann@Example.COM ": "ann@example.com",
            "\t\u00a0a@b.c\r\n": "a@b.c",
            "\ufeffa b@c.d": "a b@c.d",
            "ÄÖÜ@é.de": "äöü@é.de",
            "\u0130\u03a3@x.y": "i\u0307\u03c2@x.y",
            "": None,
            " \u00a0\t": None,
            None: None,
        },
    ),
]


@parametrised(CASES)
def test_texts(spark: SparkSession, case: Case) -> None:
    case.check(spark)
