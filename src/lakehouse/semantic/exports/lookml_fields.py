"""The fields of a LookML project: how dimensions, days and metrics are told, whatever view they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lakehouse.semantic.compiler.compile import reason
from lakehouse.semantic.compiler.measures import sort_name
from lakehouse.semantic.definition import Format
from lakehouse.semantic.dimensions import Dimension, GeographicRole
from lakehouse.semantic.metrics import Metric, Metrics
from lakehouse.semantic.query import Dialect
from lakehouse.table import BOOLEAN, DATE, STRING

Block = dict[str, Any]

_TYPES = {BOOLEAN: "yesno", STRING: "string", DATE: "date"}
_FORMATS = {Format.COUNT: "decimal_0", Format.NUMBER: "decimal_2", Format.PERCENT: "percent_1"}


@dataclass(frozen=True)
class Site:
    """What the project says of where it runs: Looker's connection, the schema, its SQL, the currency, and its weeks."""

    connection: str
    schema: str
    dialect: Dialect = Dialect.TRINO
    currency: str = "EUR"
    week_start: int = 1


def hidden_field(name: str, *, is_key: bool = False) -> Block:
    """A field that people do not see, which names the row if it is the key."""
    key = {"primary_key": "yes"} if is_key else {}
    return {"name": name, **key, "hidden": "yes", "type": "string", "sql": f"${{TABLE}}.{name}"}


def day_group(name: str, label: str, description: str, column: str, timeframes: Sequence[str]) -> Block:
    """A business day, to look at as the periods that it is in."""
    return {
        "name": name,
        "type": "time",
        "label": label,
        "description": description,
        "timeframes": list(timeframes),
        "convert_tz": "no",
        "datatype": "date",
        "sql": f"${{TABLE}}.{column}",
    }


def of_dimension(dimension: Dimension, column: str, order: str | None, metrics: Metrics) -> Iterator[Block]:
    """A dimension, and what orders its values if they do not order themselves."""
    stanza = dimension.stanza
    kind = _TYPES.get(dimension.type, "number")
    block: Block = {
        "name": dimension.name,
        "type": kind,
        "label": dimension.title,
        "group_label": stanza.folder,
        "description": dimension.description,
        "sql": f"${{TABLE}}.{column}",
    }
    if kind == "date":
        block |= {"convert_tz": "no", "datatype": "date"}
    if stanza.role is GeographicRole.COUNTRY:
        block["map_layer_name"] = "countries"
    if below := _below(dimension, metrics):
        block["drill_fields"] = below
    if order is not None:
        block["order_by_field"] = sort_name(dimension)
        yield {"name": sort_name(dimension), "hidden": "yes", "type": "number", "sql": f"${{TABLE}}.{order}"}
    yield block


def _below(dimension: Dimension, metrics: Metrics) -> list[str]:
    """What a value of the dimension is made of, by the hierarchies."""
    for levels in metrics.dimensions.hierarchies.values():
        if dimension.name in levels:
            return list(levels[levels.index(dimension.name) + 1 :])
    return []


def of_metric(metric: Metric, site: Site) -> Block:
    """What a measure says of its metric, but for its name, type and SQL."""
    definition = metric.definition
    form = _FORMATS.get(definition.format)
    tags = [f"owner:{metric.owner}", f"version:{definition.version}", f"status:{definition.status}"]
    return {
        "label": definition.business_name,
        "description": " ".join(definition.description.split()),
        **({"value_format_name": form} if form else {"value_format": f'#,##0.00 "{site.currency}"'}),
        "tags": [*tags, *(f"synonym:{each}" for each in definition.synonyms), *definition.tags],
    }


def reason_field(metric: Metric) -> Block:
    """Why the metric has no value, as a mart's view by period says."""
    title = metric.definition.business_name
    return {
        "name": reason(metric.name),
        "type": "string",
        "label": f"{title}: why null",
        "group_label": "Reasons",
        "description": f"Why {title} is null, where it is.",
        "sql": f"${{TABLE}}.{reason(metric.name)}",
    }
