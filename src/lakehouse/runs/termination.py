"""A command that is told to end, as AWS Glue does by SIGTERM, ends in order: it releases what it holds."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Make SIGTERM raise SystemExit with the exit code that shells expect of it (143).

    Nothing changes where the process has a way of its own with the signal, and outside of the main thread.
    """
    if current_thread() is not main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    # Told twice, it still ends in order.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)
