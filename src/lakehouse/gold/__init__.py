"""Gold: the star schema."""
