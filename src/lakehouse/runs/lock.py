"""One writer at a time on a lake in a folder: a lock of the operating system, free again when its process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.errors import LockedError
from lakehouse.storage.objects import is_remote, make_folder

FILE = ".lock"


@contextmanager
def only_writer(root: str) -> Iterator[None]:
    """Hold the lake; LockedError if another process does, StorageError if there can be no such folder.

    A lake in S3 has no such lock: there the pointer's conditional write lets only one of two runs publish.
    """
    if is_remote(root):
        yield
        return
    folder = Path(root)
    make_folder(folder)
    with (folder / FILE).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(f"another run is at work on {root}; wait for it to end") from error
        yield
