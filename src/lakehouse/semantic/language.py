"""The page `docs/defining-metrics.md`, written from the models that definitions are read into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from lakehouse.derive.keys import keys, row, section
from lakehouse.semantic.comparison import COMPARISONS, TO_DATE
from lakehouse.semantic.definition import (
    Aggregate,
    Cohort,
    Cumulative,
    Derived,
    Fraction,
    Growth,
    MartFile,
    Measure,
    Offset,
    Ratio,
    Simple,
    Stanza,
)
from lakehouse.semantic.dimensions import DimensionsFile, DimensionStanza
from lakehouse.semantic.facts import CALENDAR, FACTS, TABLES, Fact, path

_INTRODUCTION = """\
# Defining metrics and dimensions

A metric is a stanza in a file of `conf/metrics/`; the file is a mart, and its name is the mart's. A dimension is a line
of `conf/dimensions.yml`. What is defined there is everywhere: in `lakehouse query`, in Python, in the KPI tables, in
exports. This page is generated from the code that reads these files.

```yaml
title: Garden
description: What the garden department looks at.
owner: garden
metrics:
  garden_revenue:
    type: simple
    business_name: Garden Revenue
    description: What qualifying orders of the web shop brought, on the day of the order.
    measure:
      table: fact_orders
      date: order_date
      aggregate: sum
      field: total_amount
      where: [is_qualifying, sales_channel = 'web']
    format: currency
  garden_revenue_growth:
    type: growth
    business_name: Garden Revenue Growth
    description: Change of Garden Revenue against the same day, week or month a year before.
    of: garden_revenue
    against: previous_year
    format: percent
```

`lakehouse metrics check` finds every mistake, with its line; `lakehouse metrics show NAME` shows what was understood,
`lakehouse query NAME --grain month` the numbers, at once and from facts; the next run puts them into the KPI tables.
An editor that knows YAML schemas completes and checks: the first line of each file names its schema.
"""

_CONDITIONS = """\
## Conditions

`where` of a measure is about fields of its table, `where` of a metric and of a question about dimensions. A condition
is `field = value`, `<>`, `<`, `<=`, `>`, `>=`, `in (…)`, `between … and …` or `is null`, and several are joined by
`and`, `or` and `not`; a boolean field alone is one. Texts and dates stand in single quotes. A word that no row can have
is a mistake.
"""

_DIMENSION = """\
### A dimension

```yaml
dimensions:
  first_channel: {name: First Channel, folder: Customer, field: dim_customers.acquisition_channel}
  customer_age: {name: Age, folder: Customer, field: dim_customers.birth_year, ages: [18, 30, 60]}
```
"""

_AGGREGATES: Mapping[Aggregate, str] = {
    Aggregate.SUM: "Sum of a field.",
    Aggregate.COUNT: "Rows.",
    Aggregate.COUNT_DISTINCT: "Distinct values of a field in the period.",
    Aggregate.COUNT_REPEATED: "Distinct values that stand in at least two rows of the period.",
    Aggregate.COUNT_RETAINED: "Distinct values that stand in rows of the period and of the one before.",
    Aggregate.MIN: "The least value.",
    Aggregate.MAX: "The greatest value.",
}


def language_page() -> str:
    """Every key of metrics and dimensions, and the facts that can be measured, as Markdown."""
    return "\n".join(
        [
            _INTRODUCTION,
            *section("## The file", MartFile),
            *section("## Every metric", Stanza),
            *_types(),
            *section("## Measures", Measure),
            *_aggregates(),
            _CONDITIONS,
            *_comparisons(),
            *section("## The file of dimensions", DimensionsFile),
            _DIMENSION,
            *keys(DimensionStanza),
            *_facts(),
        ]
    )


def _types() -> Iterator[str]:
    for model in (Simple, Ratio, Derived, Growth, Offset, Cumulative, Cohort):
        (name,) = get_args(model.model_fields["type"].annotation)
        yield from section(f"### `type: {name}`", model, without=Stanza.model_fields.keys() | {"type"})
        if model is Growth:
            yield "`of` is a metric's name, or:\n"
            yield from keys(Fraction)


def _aggregates() -> Iterator[str]:
    yield "### Aggregates\n\n| aggregate | what it is |\n|---|---|"
    for aggregate in Aggregate:
        yield row(f"`{aggregate}`", _AGGREGATES[aggregate])
    yield ""


def _comparisons() -> Iterator[str]:
    yield "## Comparisons\n\n| period | what it is |\n|---|---|"
    for comparison in COMPARISONS:
        if not comparison.to_date:
            yield row(f"`{comparison}`", comparison.period.description)
    yield f"\nWith `{TO_DATE}` after it, as many days of it as have come of the period that is compared.\n"


def _facts() -> Iterator[str]:
    yield "## What can be measured\n"
    yield "A row of a fact counts on one of its dates, and leads to these tables of dimensions, whose fields it can be"
    yield "broken down by. What the fields mean: [tables](tables/index.md).\n"
    yield "| fact | dates | leads to |\n|---|---|---|"
    for fact in FACTS.values():
        yield row(f"`{fact.table.name}`", _listed(fact.dates), _listed(_reached(fact)))
    yield ""


def _reached(fact: Fact) -> Iterator[str]:
    """Tables with one row for each of the fact's; the calendar always is."""
    for table in TABLES:
        if table != fact.table.name and (table == CALENDAR or path(fact.table.name, table) is not None):
            yield table


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
