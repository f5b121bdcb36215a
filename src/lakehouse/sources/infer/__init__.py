"""A first draft of a source's definition, from a look at a folder of unknown files."""

from lakehouse.sources.infer.draft import infer

__all__ = ["infer"]
