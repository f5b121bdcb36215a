"""Asking a published lake: from Python, a notebook or the command line, by any engine."""
