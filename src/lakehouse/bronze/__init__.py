"""Bronze: one table per source object, every column as sent."""
