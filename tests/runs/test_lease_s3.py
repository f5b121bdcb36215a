"""One writer at a time on a lake in S3: stories of processes that run, are paused, are killed, and come back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from lakehouse.errors import LakehouseError, LockedError
from lakehouse.runs.lease import FILE, Record, break_stale, hold
from lakehouse.runs.manifest import Snapshots
from lakehouse.runs.workspace import Workspace
from lakehouse.settings import Storage
from lakehouse.storage.lake import Lake
from lakehouse.storage.objects import S3Store, delta_options, join
from tests.conftest import REPOSITORY
from tests.object_storage import CREDENTIALS, REGION, ObjectStorage, object_storage
from tests.runs.small_shop import SmallShop

SCRIPT = """
import os, signal, sys
from pathlib import Path
from tests.runs.test_lease_s3 import BucketShop, ended

_, endpoint, root, folder, step, told = sys.argv

def follow(progress):
    if progress.step == step:
        os.kill(os.getpid(), getattr(signal, told))

shop = BucketShop(None, "sail", Path(folder), endpoint=endpoint, root=root, seconds=8)
sys.exit(ended(lambda: shop.run(follow=follow)))
"""
"""A run whose process sends itself a signal as soon as a step of it is done."""


@dataclass
class BucketShop(SmallShop):
    """A small shop whose lake is in S3; its runs open a session of their own."""

    endpoint: str = ""
    root: str = ""
    seconds: int = 180

    @property
    def storage(self) -> Storage:
        return Storage(endpoint_url=self.endpoint, region=REGION, lease_seconds=self.seconds)

    @property
    def lake(self) -> Lake:
        return Lake(self.root, self.storage)

    def workspace(self, **business: Any) -> Workspace:
        opened = super().workspace(**business)
        return replace(opened, settings=opened.settings.model_copy(update={"storage": self.storage}))

    @property
    def record(self) -> Record:
        return Record.model_validate_json(S3Store(self.storage).read(join(self.root, FILE)))

    def process(self, step: str, told: str) -> subprocess.Popen[str]:
        """Another process with a run, and a lease of a few seconds."""
        command = [sys.executable, "-c", SCRIPT, self.endpoint, self.root, str(self.folder), step, told]
        path = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
        environment = {**os.environ, "PYTHONPATH": path}
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def run_when_free(self) -> list[str]:
        """Try until the lake is free; what was told till then."""
        refused: list[str] = []
        while len(refused) < 300:
            try:
                self.run()
            except LockedError as error:
                refused.append(str(error))
                time.sleep(0.2)
            else:
                return refused
        pytest.fail(f"never free: {refused[-1]}")

    def versions(self) -> dict[str, int]:
        """The latest version of every table, published or not."""
        uris = {name: join(self.root, name.replace(".", "/", 1)) for name in self.snapshot().tables}
        options = delta_options(self.root, self.storage)
        return {name: DeltaTable(uri, storage_options=options).version() for name, uri in uris.items()}


def ended(run: Any) -> int:
    """The exit code that the command line would have; what went wrong on standard error."""
    try:
        run()
    except LakehouseError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectStorage]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        # A session adds these for its engine; they are gone again after the tests.
        for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ALLOW_HTTP"):
            patch.setenv(name, "")
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        with object_storage() as started:
            started.make_bucket("shop")
            yield started


@pytest.fixture
def bucket_shop(server: ObjectStorage, tmp_path: Path) -> BucketShop:
    """Two orders wait for a first run."""
    root = f"s3://shop/{tmp_path.name}"
    opened = BucketShop(None, "sail", tmp_path, endpoint=server.endpoint_url, root=root)  # type: ignore[arg-type]
    opened.deliver_first()
    return opened


ORDERS = {"o1": "1.00", "o2": "2.00"}


def stopped(process: subprocess.Popen[str]) -> None:
    status = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert status is not None
    assert status.si_code == os.CLD_STOPPED


def test_the_second_of_two_is_refused_and_told_who_holds_it(bucket_shop: BucketShop) -> None:
    with hold(bucket_shop.root, bucket_shop.storage, "backfill") as first:
        held = bucket_shop.record
        with pytest.raises(LockedError) as locked:
            bucket_shop.run()
        first.require()
    assert locked.value.exit_code == 5
    assert f"is held by `lakehouse backfill` on {held.host} (process {os.getpid()}) since " in str(locked.value)
    bucket_shop.run()
    assert bucket_shop.record.token == 2
    assert bucket_shop.snapshot().manifest.fencing_token == 2
    assert bucket_shop.orders() == ORDERS


def test_it_is_renewed_in_the_background(bucket_shop: BucketShop) -> None:
    bucket_shop.seconds = 5
    with hold(bucket_shop.root, bucket_shop.storage, "run") as lease:
        for _ in range(300):
            if bucket_shop.record.renewals > 1:
                break
            time.sleep(0.1)
        else:
            pytest.fail("it is not")
        lease.require()
    assert bucket_shop.record.is_released


@pytest.mark.stories
@pytest.mark.parametrize("step", ["silver.orders", "checks"], ids=["between commits", "before it publishes"])
def test_who_was_paused_past_its_lease_neither_commits_nor_publishes(bucket_shop: BucketShop, step: str) -> None:
    with bucket_shop.process(step, "SIGSTOP") as paused:
        try:
            stopped(paused)
            refused = bucket_shop.run_when_free()
            assert f"(process {paused.pid})" in refused[0]
            before, versions = bucket_shop.snapshot().manifest, bucket_shop.versions()
            paused.send_signal(signal.SIGCONT)
            _, said = paused.communicate()
        finally:
            paused.kill()
    assert paused.returncode == 5, said
    assert said.splitlines()[-1].startswith("error: `lakehouse run` lost its lease on ")
    assert bucket_shop.snapshot().manifest == before
    assert bucket_shop.versions() == versions
    assert bucket_shop.orders() == ORDERS
    assert Snapshots(bucket_shop.root, bucket_shop.storage).fencing_token() == before.fencing_token == 2


@pytest.mark.stories
def test_the_lease_of_one_that_was_killed_is_taken_over_when_it_runs_out(bucket_shop: BucketShop) -> None:
    with bucket_shop.process("silver.orders", "SIGKILL") as killed:
        killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(LockedError, match=rf"\(process {killed.pid}\)"):
        break_stale(bucket_shop.root, bucket_shop.storage)
    assert bucket_shop.run_when_free()
    assert bucket_shop.snapshot().manifest.fencing_token == 2
    assert bucket_shop.orders() == ORDERS


@pytest.mark.stories
def test_who_is_told_to_end_releases_it_at_once(bucket_shop: BucketShop) -> None:
    with bucket_shop.process("silver.orders", "SIGTERM") as told:
        _, said = told.communicate()
    assert told.returncode == 143, said
    assert bucket_shop.record.is_released
    assert break_stale(bucket_shop.root, bucket_shop.storage) is None
    bucket_shop.run()
    assert bucket_shop.orders() == ORDERS


def test_an_answer_that_is_lost_is_not_taken_for_a_rival(
    bucket_shop: BucketShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 stored it, and the answer never came: not to the taking of the lease, nor to the pointer's move."""
    from botocore.exceptions import ReadTimeoutError

    client = S3Store(bucket_shop.storage)._client
    put, lost = client.put_object, []

    def put_and_lose_the_answer(**arguments: Any) -> Any:
        answer = put(**arguments)
        if arguments["Key"].rpartition("/")[2] in {FILE, "current.json"}:
            lost.append(arguments["Key"])
            raise ReadTimeoutError(endpoint_url=bucket_shop.endpoint)
        return answer

    monkeypatch.setattr(client, "put_object", put_and_lose_the_answer)
    bucket_shop.run()
    assert len(lost) >= 3
    assert bucket_shop.record.is_released
    assert bucket_shop.orders() == ORDERS
