"""Silver: one table per business entity, typed, deduplicated and conformed, the same whatever the source."""
