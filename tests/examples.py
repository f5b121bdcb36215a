"""How many examples a costly property is tried with: a few that are always the same, or as many as are asked for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

ASKED_FOR = os.environ.get("LAKEHOUSE_EXAMPLES")
"""So many examples of every such property, other ones each time."""


def examples(usual: int, *, one_in: int = 1, shrunk: bool = False) -> settings:
    """`usual` examples, or one in so many of those asked for; `shrunk` if what fails is worth minutes of shrinking."""
    number = usual if ASKED_FOR is None else max(2, int(ASKED_FOR) // one_in)
    return settings(
        max_examples=number,
        derandomize=ASKED_FOR is None,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if shrunk else [])],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
