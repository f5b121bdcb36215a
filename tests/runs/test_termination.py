"""SIGTERM unwinds a command; a process that has a way of its own with it keeps that."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from lakehouse.runs.termination import ending_in_order


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_sigterm_ends_it_in_order() -> None:
    unwound = []

    def told_twice() -> None:
        try:
            terminate()
        finally:
            # Told again while it ends, it still ends in order.
            terminate()
            unwound.append(True)

    with pytest.raises(SystemExit) as ended, ending_in_order():
        told_twice()
    assert ended.value.code == 143
    assert unwound
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_way_of_its_own_stays() -> None:
    told = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    try:
        with ending_in_order():
            terminate()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == [signal.SIGTERM]


def test_outside_of_the_main_thread_nothing_changes() -> None:
    def within() -> object:
        with ending_in_order():
            return signal.getsignal(signal.SIGTERM)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(within).result() is signal.SIG_DFL
