"""The one strict parser of landing files: the same bytes give the same rows, row numbers and rejects on every engine.

It needs pyarrow, pydantic and the standard library, and no engine: it runs in Spark's executors and in the process.
"""
