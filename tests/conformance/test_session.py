"""What every session has, whatever the engine."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.session_settings import SEMANTICS
from tests.conformance.cases import utc


@pytest.mark.parametrize("name", SEMANTICS)
def test_settings_that_decide_results(spark: SparkSession, name: str) -> None:
    assert spark.conf.get(name) == SEMANTICS[name]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("select cast('x' as int)", id="text that is no number"),
        pytest.param("select cast(x as int) from values ('1'), ('x') as t(x)", id="text in a column"),
        pytest.param("select cast('2024-02-30' as date)", id="no such day"),
        pytest.param("select cast(x as int) from values (3000000000) as t(x)", id="number too large"),
        pytest.param("select cast(x as decimal(4,2)) from values (cast(100 as decimal(18,2))) as t(x)", id="decimal"),
        pytest.param("select 1 / x from values (0) as t(x)", id="division by zero"),
        pytest.param("select array(1)[x] from values (5) as t(x)", id="no such item"),
    ],
)
def test_what_can_not_be_is_an_error(spark: SparkSession, query: str) -> None:
    with pytest.raises(Exception, match=r"(?i)cast|invalid|overflow|out of|range|zero|parse|too large|represented|day"):
        verbs.to_arrow(spark.sql(query))


def test_timestamps_are_instants_in_utc(spark: SparkSession) -> None:
    frame = spark.sql("select to_timestamp('2024-07-01 12:00:00') as a, timestamp'2024-07-01T12:00:00+02:00' as b")
    assert [field.dataType.simpleString() for field in frame.schema.fields] == ["timestamp", "timestamp"]
    assert verbs.to_arrow(frame).to_pylist() == [{"a": utc("2024-07-01T12:00:00"), "b": utc("2024-07-01T10:00:00")}]
