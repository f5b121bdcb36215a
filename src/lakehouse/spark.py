"""PySpark's names, as all tables and verbs use them; PySpark itself is imported when one of them is first used.

So what is declared can be read, checked and documented, and what was published can be queried, without any engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["Column", "DataFrame", "F", "SparkSession", "Window", "WindowSpec"]

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession, Window, WindowSpec
    from pyspark.sql import functions as F
else:
    from importlib import import_module

    class _Later:
        """Stands for a module, or for a name in it, until an attribute is asked for."""

        def __init__(self, module, name=None):
            self._module = module
            self._name = name

        def __getattr__(self, attribute):
            module = import_module(self._module)
            if self._name is not None:
                return getattr(getattr(module, self._name), attribute)
            found = getattr(module, attribute)
            # The next time the function is found without this detour.
            setattr(self, attribute, found)
            return found

    Column = _Later("pyspark.sql", "Column")
    DataFrame = _Later("pyspark.sql", "DataFrame")
    F = _Later("pyspark.sql.functions")
    SparkSession = _Later("pyspark.sql", "SparkSession")
    Window = _Later("pyspark.sql", "Window")
    WindowSpec = _Later("pyspark.sql", "WindowSpec")
