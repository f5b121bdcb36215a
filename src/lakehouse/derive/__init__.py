"""Pure derivations of table declarations: schema, DDL, checks, documentation, lineage, catalog entry."""
