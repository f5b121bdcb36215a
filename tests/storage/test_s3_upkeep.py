"""Upkeep of a small lake in a bucket: verified, gone back, loaded again, compacted, cleaned and mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakehouse.runs.snapshot import open_snapshot
from lakehouse.settings import Storage
from tests.cli.command import CONF, Ended, lakehouse
from tests.conftest import DEFAULT_ENGINE
from tests.object_storage import CREDENTIALS, REGION, ObjectStorage, object_storage
from tests.runs.small_shop import HEADERS, SOURCE, small_model

BUCKET = "upkeep"
LAKE = f"s3a://{BUCKET}/lake"
POINTER = "lake/_snapshots/current.json"


@dataclass(frozen=True)
class Bucket:
    """A lake in a bucket, reached by commands."""

    server: ObjectStorage
    conf: Path

    def load(self, day: str, *orders: str) -> None:
        text = "\n".join((HEADERS["orders"], *orders)) + "\n"
        self.server.client.put_object(Bucket=BUCKET, Key=f"landing/orders_{day}.csv", Body=text.encode())
        assert self.json("run")["files"] == 1

    def command(self, *arguments: str) -> Ended:
        return lakehouse(*arguments, "--env", "bucket", "--conf", self.conf)

    def json(self, *arguments: str) -> Any:
        return self.command(*arguments, "--json").json

    def orders(self) -> list[str]:
        """The published orders."""
        storage = Storage(endpoint_url=self.server.endpoint_url, region=REGION)
        rows = open_snapshot(LAKE, storage).query("select order_key from shipped order by order_key", ["shipped"])
        return [key.removeprefix("corner:") for key in rows["order_key"].to_pylist()]

    def keys(self, ending: str) -> list[str]:
        return [key for key in self.server.keys(BUCKET) if key.endswith(ending)]


@pytest.fixture(scope="module")
def bucket(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    if engine != DEFAULT_ENGINE:
        pytest.skip("upkeep needs no engine")
    folder = tmp_path_factory.mktemp("bucket")
    with pytest.MonkeyPatch.context() as patch, object_storage() as server, small_model():
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        # A session adds these for its engine; they are gone again after the test.
        for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ALLOW_HTTP"):
            patch.setenv(name, "")
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        server.make_bucket(BUCKET)
        for name in ("environments", "sources"):
            (folder / "conf" / name).mkdir(parents=True)
        (folder / "conf" / "metrics").symlink_to(CONF / "metrics")
        (folder / "conf" / "sources" / "corner.yml").write_text(SOURCE)
        (folder / "conf" / "environments" / "bucket.yml").write_text(
            f"lake: {LAKE}\nlanding: {LAKE.removesuffix('lake')}landing\nsources: [corner]\n"
            f"storage: {{endpoint_url: '{server.endpoint_url}', region: {REGION}}}\n"
        )
        yield Bucket(server, folder / "conf")


def test_upkeep_in_a_bucket(bucket: Bucket) -> None:
    """One story, each step on top of the one before."""
    bucket.load("2026-01-05", "o1,2026-01-05,paid,1.00,1")
    one_day = bucket.orders()
    bucket.load("2026-01-06", "o2,2026-01-06,paid,2.00,1")
    two_days = bucket.orders()
    assert (one_day, two_days) == (["o1"], ["o1", "o2"])
    newest, first = bucket.json("history")
    assert bucket.json("verify")["differences"] == []
    assert bucket.json("doctor") == []

    # Back to the first day, and again to the second.
    assert bucket.json("restore", "--to-run", first["run_id"])["before"] == newest["run_id"]
    assert bucket.orders() == one_day
    assert bucket.json("verify")["differences"] == []
    report = bucket.json("run")
    assert report["files"] == newest["files"]
    assert bucket.orders() == two_days

    # Whatever is removed, what is kept is whole.
    before = bucket.keys(".parquet")
    removed = bucket.json("vacuum", "--keep-runs", "1")
    assert removed["runs_removed"] == 4
    assert len(bucket.keys(".parquet")) == len(before) - sum(table["files"] for table in removed["tables"])
    assert bucket.json("verify")["differences"] == []
    bucket.json("optimize")
    assert bucket.json("verify")["differences"] == []
    assert bucket.orders() == two_days

    # A damaged pointer and a damaged hint are mended.
    hint = "lake/gold/shipped/_delta_log/_last_checkpoint"
    for key in (POINTER, hint):
        bucket.server.client.put_object(Bucket=BUCKET, Key=key, Body=b"{")
    assert bucket.command("status").code == 7
    assert bucket.command("doctor").code == 7
    mended = bucket.json("doctor", "--mend")
    assert [finding["is_mended"] for finding in mended] == [True, True]
    assert bucket.orders() == two_days
    assert bucket.json("doctor") == []

    # A lost file is named.
    (lost, *_) = [key for key in bucket.keys(".parquet") if "lake/gold/shipped/" in key]
    bucket.server.client.delete_object(Bucket=BUCKET, Key=lost)
    told = bucket.command("verify")
    assert (told.code, told.err.count(f"{lost.removeprefix('lake/')} is missing")) == (7, 1)
