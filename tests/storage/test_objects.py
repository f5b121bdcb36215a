"""Folders and buckets behave alike: list, read, create once, compare and set; and what fails is a StorageError."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lakehouse.errors import StorageError
from lakehouse.settings import Storage
from lakehouse.storage import objects
from lakehouse.storage.objects import LocalStore, ObjectStore, S3Store, delta_options, join, resolve, store_for
from tests.object_storage import CREDENTIALS, REGION, SECRET, ObjectStorage, object_storage


@dataclass(frozen=True)
class Place:
    """A store and an empty location in it."""

    store: ObjectStore
    location: str

    def uri(self, *parts: str) -> str:
        return join(self.location, *parts)

    def listed(self, *parts: str) -> list[str]:
        prefix = self.uri(*parts)
        return [found.uri.removeprefix(self.location + "/") for found in self.store.list(prefix)]


@pytest.fixture(scope="module")
def server() -> Iterator[ObjectStorage]:
    with object_storage() as started:
        started.make_bucket("lake")
        yield started


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    objects._s3_client.cache_clear()
    yield
    objects._s3_client.cache_clear()


@pytest.fixture
def s3(server: ObjectStorage, credentials: None) -> Storage:
    return Storage(endpoint_url=server.endpoint_url, region=REGION)


@pytest.fixture(params=["folder", "s3", "s3a"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Place(LocalStore(), str(tmp_path))
    return Place(S3Store(request.getfixturevalue("s3")), f"{request.param}://lake/{uuid4()}")


# ── what a store does ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_listing_goes_down_every_folder_in_order(place: Place) -> None:
    for name in ("b/2.csv", "a/c/3.csv", "a.csv", "b/1 ä+%.csv"):
        place.store.create(place.uri("landing", name), name.encode())
    place.store.create(place.uri("landing2", "other.csv"), b"")
    found = list(place.store.list(place.uri("landing")))
    names = [one.uri.removeprefix(place.uri("landing") + "/") for one in found]
    assert sorted(names) == ["a.csv", "a/c/3.csv", "b/1 ä+%.csv", "b/2.csv"]
    assert {name: one.size for name, one in zip(names, found, strict=True)} == {
        name: len(name.encode()) for name in names
    }
    assert all(abs(one.modified_at - datetime.now(UTC)) < timedelta(minutes=10) for one in found)
    assert [place.store.read(one.uri).decode() for one in found] == names


def test_listing_of_nothing_is_empty(place: Place) -> None:
    assert place.listed("nowhere") == []


def test_long_listings_are_whole(place: Place) -> None:
    """The server gives fifty at a time."""
    for number in range(120):
        place.store.create(place.uri(f"{number:03}"), b"")
    assert place.listed() == [f"{number:03}" for number in range(120)]


def test_what_is_not_there_is_said(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        place.store.read(place.uri("nothing"))


def test_object_is_created_once(place: Place) -> None:
    uri = place.uri("runs", "1.json")
    place.store.create(uri, b"first")
    for content in (b"second", b"first"):
        with pytest.raises(FileExistsError):
            place.store.create(uri, content)
    assert place.store.read(uri) == b"first"
    assert place.listed() == ["runs/1.json"]


def test_an_object_has_an_age_by_one_clock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a store that is reached over a network, that is not this machine's."""
    uri = place.uri("lease.json")
    with pytest.raises(FileNotFoundError):
        place.store.read_with_age(uri)
    place.store.create(uri, b"one")
    content, age = place.store.read_with_age(uri)
    assert (content, -1 <= age < 60) == (b"one", True)
    # The test's own clock goes wrong; a file's age is told by the machine that holds it.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1000)
    is_remote = isinstance(place.store, S3Store)
    assert (place.store.read_with_age(uri)[1] < 60) == is_remote


def test_pointer_moves_only_from_what_was_seen(place: Place) -> None:
    uri = place.uri("current.json")
    assert not place.store.replace(uri, b"two", b"one"), "it is not there yet"
    assert place.store.replace(uri, b"one", None)
    assert not place.store.replace(uri, b"other", None), "it is there by now"
    assert place.store.replace(uri, b"two", b"one")
    assert not place.store.replace(uri, b"three", b"one"), "somebody was faster"
    assert place.store.read(uri) == b"two"


def test_of_many_writers_one_moves_the_pointer(place: Place) -> None:
    uri = place.uri("current.json")
    place.store.replace(uri, b"zero", None)
    contents = [f"writer {number}".encode() for number in range(8)]
    with ThreadPoolExecutor(len(contents)) as pool:
        moved = list(pool.map(lambda content: place.store.replace(uri, content, b"zero"), contents))
    assert moved.count(True) == 1
    assert place.store.read(uri) == contents[moved.index(True)]


def test_store_is_told_by_the_location(tmp_path: Path) -> None:
    assert isinstance(store_for(str(tmp_path), Storage()), LocalStore)
    assert isinstance(store_for("s3://lake/x", Storage()), S3Store)
    assert isinstance(store_for("s3a://lake/x", Storage()), S3Store)


@pytest.mark.parametrize(
    ("location", "resolved"),
    [
        ("s3://lake/a/", "s3://lake/a"),
        ("s3a://lake", "s3a://lake"),
        ("/data/lake/", "/data/lake"),
        ("/data/../lake", "/lake"),
    ],
)
def test_location_is_resolved(location: str, resolved: str) -> None:
    assert resolve(location) == resolved


def test_relative_folders_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve("lake") == str(tmp_path.resolve() / "lake")


def test_deleting_removes_what_is_named_and_nothing_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_KEYS_PER_REQUEST", 2)
    for name in ("a/1 ä+%.csv", "a/2.csv", "a/3.csv", "a/4.csv", "ab.csv"):
        place.store.create(place.uri(name), b"")
    place.store.delete([place.uri(name) for name in ("a/1 ä+%.csv", "a/2.csv", "a/gone.csv", "a/4.csv")])
    assert sorted(place.listed()) == ["a/3.csv", "ab.csv"]
    place.store.delete([])


# ── a folder ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_folder_that_is_a_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    inside = str(tmp_path / "file" / "x")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: list(LocalStore().list(str(tmp_path / "file"))),
        lambda: LocalStore().read(inside),
        lambda: LocalStore().create(inside, b""),
        lambda: LocalStore().replace(inside, b"", None),
    )
    for fails in attempts:
        with pytest.raises(StorageError, match=r"^could not .*file.*: (Not a directory|File exists)"):
            fails()


def test_folder_that_can_not_be_looked_into_is_not_taken_for_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StorageError, match=r"could not list .*: Permission denied"):
        list(LocalStore().list(str(tmp_path)))


def test_full_disk_leaves_nothing_behind_but_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = tmp_path / "current.json"
    LocalStore().replace(str(pointer), b"one", None)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="No space left on device"):
        LocalStore().replace(str(pointer), b"two", b"one")
    assert pointer.read_bytes() == b"one"


# ── a bucket ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bucket_itself_can_be_listed(s3: Storage, server: ObjectStorage) -> None:
    server.make_bucket("landing")
    server.client.put_object(Bucket="landing", Key="orders/1.csv", Body=b"1")
    assert [found.uri for found in S3Store(s3).list("s3a://landing")] == ["s3a://landing/orders/1.csv"]


def test_missing_bucket_is_a_storage_error(s3: Storage) -> None:
    store, uri = S3Store(s3), "s3://no-such-bucket/lake/x"
    attempts: dict[str, Callable[[], object]] = {
        "list": lambda: list(store.list(uri)),
        "read": lambda: store.read(uri),
        "write": lambda: store.create(uri, b""),
    }
    for verb, fails in attempts.items():
        with pytest.raises(StorageError) as raised:
            fails()
        assert str(raised.value) == f"could not {verb} {uri}: NoSuchBucket"


def test_unreachable_server_is_a_storage_error_without_secrets(
    credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError, match="Could not connect to the endpoint URL") as raised:
        S3Store(Storage(endpoint_url="http://127.0.0.1:9", region=REGION)).read("s3://lake/x")
    assert SECRET not in str(raised.value)


def test_pointer_that_moves_between_look_and_write_stays(s3: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    store, uri = S3Store(s3), f"s3://lake/{uuid4()}"
    store.create(uri, b"one")
    look = store._get

    def look_and_lose_time(uri: str) -> tuple[bytes, str]:
        seen = look(uri)
        store._client.put_object(Bucket="lake", Key=uri.removeprefix("s3://lake/"), Body=b"rival")
        return seen

    monkeypatch.setattr(store, "_get", look_and_lose_time)
    assert not store.replace(uri, b"two", b"one")
    assert look(uri)[0] == b"rival"


def test_lost_answer_to_a_write_is_not_taken_for_a_rival(s3: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 stored it and the answer got lost, so the client asked again and found its own object in the way."""
    store, uri = S3Store(s3), f"s3://lake/{uuid4()}"
    client = store._client
    put = client.put_object

    def put_twice(**arguments: Any) -> Any:
        put(**arguments)
        try:
            return put(**arguments)
        except client.exceptions.ClientError as error:
            error.response["ResponseMetadata"]["RetryAttempts"] = 1
            raise

    monkeypatch.setattr(client, "put_object", put_twice)
    store.create(uri, b"mine")
    assert store.replace(uri, b"mine too", b"mine")
    assert store.read(uri) == b"mine too"


# ── what the Delta library is told ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("location", "storage", "environment", "options"),
    [
        pytest.param("/data/lake", Storage(region="x"), {}, {}, id="a folder"),
        pytest.param("s3://lake", Storage(), {}, {"aws_conditional_put": "etag"}, id="AWS as it is"),
        pytest.param(
            "s3a://lake",
            Storage(endpoint_url="http://here:1", region="eu-west-1", lease_seconds=7),
            {"AWS_ENDPOINT_URL": "https://there", "AWS_REGION": "us-east-1"},
            {"aws_endpoint_url": "http://here:1", "aws_allow_http": "true", "aws_region": "eu-west-1"},
            id="settings go first",
        ),
        pytest.param(
            "s3://lake",
            Storage(),
            {"AWS_ENDPOINT_URL": "https://there", "AWS_DEFAULT_REGION": "us-east-1"},
            {"aws_endpoint_url": "https://there", "aws_allow_http": "false", "aws_region": "us-east-1"},
            id="environment",
        ),
        pytest.param(
            "s3://lake",
            Storage(),
            {"AWS_ENDPOINT_URL": "https://there", "AWS_ENDPOINT_URL_S3": "https://s3.there"},
            {"aws_endpoint_url": "https://s3.there", "aws_allow_http": "false"},
            id="environment for S3",
        ),
    ],
)
def test_delta_is_told_how_to_reach_it(
    credentials: None,
    monkeypatch: pytest.MonkeyPatch,
    location: str,
    storage: Storage,
    environment: dict[str, str],
    options: dict[str, str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    told = delta_options(location, storage)
    assert storage.resolved().lease_seconds == storage.lease_seconds
    assert told == ({"aws_conditional_put": "etag", **options} if options else {})
