from __future__ import annotations

from pyspark.sql import SparkSession


def test_session_answers(spark: SparkSession) -> None:
    assert spark.sql("select 1").collect() == [(1,)]
