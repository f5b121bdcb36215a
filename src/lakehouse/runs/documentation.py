"""The generated pages of the documentation, from the declarations and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lakehouse.derive.docs import table_pages
from lakehouse.kpi.daily import kpi_tables
from lakehouse.runs.catalog import ENTITY_TABLES, GOLD, RECORDS, SILVER
from lakehouse.runs.load_bronze import source_table
from lakehouse.semantic.documentation import metrics_page
from lakehouse.semantic.load import load_metrics
from lakehouse.sources.check import check_sources
from lakehouse.sources.documentation import sources_page, sources_schema


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
        "sources.md": sources_page(ENTITY_TABLES),
        "sources.schema.json": sources_schema(),
        **{f"tables/{name}": page for name, page in table_pages(tables).items()},
    }
