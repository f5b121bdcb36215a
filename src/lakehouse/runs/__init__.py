"""One run: what is new, what it changes, and the snapshot it publishes."""
