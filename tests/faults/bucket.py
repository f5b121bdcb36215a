"""The lake in a bucket, reached straight or by way of what harms its answers."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from lakehouse.errors import LockedError
from lakehouse.runs.lease import hold
from lakehouse.runs.manifest import Manifest, Snapshots
from lakehouse.settings import Storage
from tests.faults.processes import Ended, run
from tests.faults.story import Prepared
from tests.faults.subject import Lakehouse, Subject
from tests.object_storage import REGION, ObjectStorage

BUCKET = "shop"
LOCKED = 5
_TRIES = 300


@dataclass(frozen=True)
class InBucket:
    """A server, and lakes in it that have published a day."""

    server: ObjectStorage
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def prepared(self, local: Prepared, lease_seconds: int = 180) -> Prepared:
        """The same with its lake in a new prefix, back at the first day."""
        prefix = f"lake-{next(self._numbers)}"
        self.server.upload(local.saved, BUCKET, prefix)
        local.subject.deliver(2)
        assert isinstance(local.subject, Lakehouse)
        root = f"s3://{BUCKET}/{prefix}"
        endpoint = self.server.endpoint_url
        subject = replace(local.subject, root=root, endpoint=endpoint, lease_seconds=lease_seconds)
        return replace(local, subject=subject)

    def published(self, subject: Subject) -> Manifest | None:
        return Snapshots(self._root(subject), self._storage).current()

    def run_when_free(self, subject: Subject) -> Ended:
        """Try until the lease has run out."""
        with self.held_when_free(subject):
            pass
        return run(subject)

    @contextmanager
    def held_when_free(self, subject: Subject) -> Iterator[None]:
        """Be the lake's one writer, once the lease has run out."""
        with ExitStack() as held:
            for _ in range(_TRIES):
                try:
                    held.enter_context(hold(self._root(subject), self._storage, "optimize"))
                except LockedError:
                    time.sleep(0.1)
                else:
                    break
            yield

    @property
    def _storage(self) -> Storage:
        return Storage(endpoint_url=self.server.endpoint_url, region=REGION, lease_seconds=30)

    def _root(self, subject: Subject) -> str:
        assert isinstance(subject, Lakehouse)
        return subject.location
