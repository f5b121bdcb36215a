"""Landing files of a made-up but realistic shop, deterministic by seed, with the numbers that must come out of them."""

from lakehouse.generate.generate import SOURCE, TIME_ZONE, GenerateReport, generate

__all__ = ["SOURCE", "TIME_ZONE", "GenerateReport", "generate"]
