"""Daily pre-aggregated metric tables, compiled from the metric definitions."""
