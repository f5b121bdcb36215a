"""A published lake in S3 and an empty catalog beside it, on a server of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from shutil import copy

import boto3
import pytest

from lakehouse.athena.catalog import Catalog
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.settings import Storage
from tests.cli.command import CONF
from tests.cli.conftest import PublishedShop, published_shop
from tests.object_storage import CREDENTIALS, REGION, ObjectStorage, object_storage

__all__ = ["published_shop"]

BUCKET = "shop"
LAKE = f"s3://{BUCKET}/lake"


@pytest.fixture(scope="session")
def shop_metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    """One mart of those that ship: each makes five views."""
    folder = tmp_path_factory.mktemp("conf") / "metrics"
    folder.mkdir()
    copy(CONF / "metrics" / "payments.yml", folder)
    copy(CONF / "dimensions.yml", folder.parent)
    return load_metrics(folder)


@pytest.fixture(scope="module")
def aws() -> Iterator[ObjectStorage]:
    """Whatever is asked of AWS is asked of a server of this machine."""
    with object_storage() as server, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        patch.setenv("AWS_REGION", REGION)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        server.make_bucket(BUCKET)
        yield server


@pytest.fixture(scope="module")
def in_s3(aws: ObjectStorage, published_shop: PublishedShop) -> Snapshot:
    aws.upload(published_shop.lake, BUCKET, "lake")
    return open_snapshot(LAKE, Storage())


@pytest.fixture
def catalog(in_s3: Snapshot, request: pytest.FixtureRequest) -> Catalog:
    """A database of the test's own."""
    return Catalog(f"db_{abs(hash(request.node.nodeid)) % 10**9}", REGION)


def as_run(snapshot: Snapshot, run_id: str) -> Snapshot:
    """The same tables, published by another run."""
    return replace(snapshot, manifest=snapshot.manifest.model_copy(update={"run_id": run_id}))
