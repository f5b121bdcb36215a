"""The generated pages of the documentation, from the declarations and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from lakehouse.configuration import editor_schema
from lakehouse.derive.docs import table_pages
from lakehouse.kpi.daily import kpi_tables
from lakehouse.runs.catalog import ENTITY_TABLES, GOLD, RECORDS, SILVER
from lakehouse.runs.load_bronze import source_table
from lakehouse.semantic.definition import MartFile
from lakehouse.semantic.dimensions import DimensionsFile
from lakehouse.semantic.documentation import metrics_page
from lakehouse.semantic.language import language_page
from lakehouse.semantic.load import load_metrics
from lakehouse.settings import Settings
from lakehouse.sources.check import check_sources
from lakehouse.sources.definition import Source
from lakehouse.sources.documentation import sources_page

_FILES: Mapping[str, type[BaseModel]] = {
    "sources": Source,
    "metrics": MartFile,
    "dimensions": DimensionsFile,
    "settings": Settings,
}
"""What each kind of configuration file is read as."""


def pages(folder: Path) -> Mapping[str, str]:
    """Path below the documentation's root → text; `folder` is the configuration's.

    ConfigurationError if a source or a metric is wrong.
    """
    metrics = load_metrics(folder / "metrics")
    sources = check_sources(sorted((folder / "sources").glob("*.yml")), ENTITY_TABLES)
    bronze = [source_table(source, name) for source in sources for name in source.objects]
    tables = [
        *bronze,
        *SILVER,
        *(model.table for model in GOLD),
        *(kpi.table for kpi in kpi_tables(metrics)),
        *RECORDS,
    ]
    return {
        "metrics.md": metrics_page(metrics),
        "defining-metrics.md": language_page(),
        "sources.md": sources_page(ENTITY_TABLES),
        **{f"{name}.schema.json": editor_schema(model) for name, model in _FILES.items()},
        **{f"tables/{name}": page for name, page in table_pages(tables).items()},
    }
