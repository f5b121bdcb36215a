"""Source definitions: where files are, how to read them, and how their columns become entities."""
