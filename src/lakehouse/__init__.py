"""A shop's files in, its published KPIs out."""

__version__ = "0.1.0"
