"""Files and objects: list, read, create once, replace by compare-and-set; in a folder or in S3 alike.

A location is a folder path, `s3://bucket/prefix` or `s3a://bucket/prefix`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lakehouse.errors import StorageError
from lakehouse.settings import Storage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_REMOTE = ("s3://", "s3a://")

_KEYS_PER_REQUEST = 1000
"""What S3 deletes at once."""


@dataclass(frozen=True, order=True)
class StoredObject:
    """A file as a listing shows it."""

    uri: str
    size: int
    modified_at: datetime


class ObjectStore(Protocol):
    """What a lake needs of storage beside its tables; StorageError if it can not be reached or does not allow it."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Every object below `prefix`, in the same order each time; none if the prefix does not exist."""

    def read(self, uri: str) -> bytes:
        """The object's bytes; FileNotFoundError if there is none."""

    def create(self, uri: str, content: bytes) -> None:
        """Store a new object; FileExistsError if there is one already."""

    def read_with_age(self, uri: str) -> tuple[bytes, float]:
        """As `read`, and for how many seconds the object has been as it is, give or take one, by the store's clock."""

    def replace(self, uri: str, content: bytes, expected: bytes | None) -> bool:
        """Store `content` if the object's bytes are still `expected` (None: it does not exist); whether it did."""

    def delete(self, uris: Sequence[str]) -> None:
        """Remove objects; one that is not there is none to remove."""


def is_remote(location: str) -> bool:
    """Whether a location is in S3."""
    return location.startswith(_REMOTE)


def join(location: str, *parts: str) -> str:
    """The location below `location`; always with forward slashes."""
    return "/".join((location.rstrip("/"), *parts))


def resolve(location: str) -> str:
    """A location as it is stored: folders absolute, S3 prefixes without a trailing slash."""
    return location.rstrip("/") if is_remote(location) else str(Path(location).expanduser().resolve())


def as_aws_calls_it(location: str) -> str:
    """A location in S3 as others than Hadoop call it: s3:// and not s3a://."""
    return location.replace("s3a://", "s3://", 1)


def store_for(location: str, storage: Storage) -> ObjectStore:
    """The store that holds a location."""
    return S3Store(storage) if is_remote(location) else LocalStore()


class LocalStore:
    """A folder of this machine."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        with _told_as_storage_error("list", prefix):
            for folder, subfolders, names in os.walk(prefix, onerror=_unless_absent):
                subfolders.sort()
                for name in sorted(names):
                    path = Path(folder, name)
                    # What is gone meanwhile was not delivered.
                    with suppress(FileNotFoundError):
                        status = path.stat()
                        yield StoredObject(str(path), status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def read(self, uri: str) -> bytes:
        with _told_as_storage_error("read", uri):
            return Path(uri).read_bytes()

    def read_with_age(self, uri: str) -> tuple[bytes, float]:
        with _told_as_storage_error("read", uri), Path(uri).open("rb") as file:
            return file.read(), time.time() - os.fstat(file.fileno()).st_mtime

    def create(self, uri: str, content: bytes) -> None:
        path = Path(uri)
        with _told_as_storage_error("write", uri):
            make_folder(path.parent)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            _write_through(temporary, content)
            try:
                # A link fails where a rename would silently replace.
                os.link(temporary, path)
            finally:
                temporary.unlink()
            _sync_folder(path.parent)

    def replace(self, uri: str, content: bytes, expected: bytes | None) -> bool:
        path = Path(uri)
        make_folder(path.parent)
        with _told_as_storage_error("write", uri), path.with_name(f".{path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            current = path.read_bytes() if path.exists() else None
            if current != expected:
                return False
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            _write_through(temporary, content)
            temporary.replace(path)
            _sync_folder(path.parent)
        return True

    def delete(self, uris: Sequence[str]) -> None:
        for uri in uris:
            with _told_as_storage_error("delete", uri):
                Path(uri).unlink(missing_ok=True)


class S3Store:
    """A bucket; conditional writes make create and replace atomic."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def _client(self) -> S3Client:
        reached = self._storage.resolved()
        return _s3_client(reached.endpoint_url, reached.region)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        bucket, key = _bucket_and_key(prefix)
        scheme = prefix.split("://", 1)[0]
        folder = key.rstrip("/") + "/" if key else ""
        with _told_as_storage_error("list", prefix):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder):
                for item in page.get("Contents", []):
                    yield StoredObject(f"{scheme}://{bucket}/{item['Key']}", item["Size"], item["LastModified"])

    def read(self, uri: str) -> bytes:
        return self._get(uri)[0]

    def read_with_age(self, uri: str) -> tuple[bytes, float]:
        with _told_as_storage_error("read", uri):
            found = self._found(uri)
            # One clock says both, so that nobody's own has to be right.
            now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
            return found["Body"].read(), (now - found["LastModified"]).total_seconds()

    def create(self, uri: str, content: bytes) -> None:
        if not self._put(uri, content, {"IfNoneMatch": "*"}):
            raise FileExistsError(uri)

    def replace(self, uri: str, content: bytes, expected: bytes | None) -> bool:
        if expected is None:
            return self._put(uri, content, {"IfNoneMatch": "*"})
        # The pointer is a small object put in one part, so its ETag is the MD5 of its bytes only without KMS;
        # ask for the tag of what we compare instead of computing it.
        try:
            current, tag = self._get(uri)
        except FileNotFoundError:
            return False
        return current == expected and self._put(uri, content, {"IfMatch": tag})

    def delete(self, uris: Sequence[str]) -> None:
        for start in range(0, len(uris), _KEYS_PER_REQUEST):
            some = uris[start : start + _KEYS_PER_REQUEST]
            bucket = _bucket_and_key(some[0])[0]
            keys = [_bucket_and_key(uri)[1] for uri in some]
            with _told_as_storage_error("delete", some[0]):
                answer = self._client.delete_objects(
                    Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
            if failed := answer.get("Errors"):
                raise StorageError(f"could not delete s3://{bucket}/{failed[0].get('Key')}: {failed[0].get('Code')}")

    def _get(self, uri: str) -> tuple[bytes, str]:
        with _told_as_storage_error("read", uri):
            found = self._found(uri)
            return found["Body"].read(), found["ETag"]

    def _found(self, uri: str) -> GetObjectOutputTypeDef:
        bucket, key = _bucket_and_key(uri)
        try:
            return self._client.get_object(Bucket=bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(uri) from error

    def _put(self, uri: str, content: bytes, condition: dict[str, str]) -> bool:
        from botocore.exceptions import ClientError

        bucket, key = _bucket_and_key(uri)
        with _told_as_storage_error("write", uri):
            try:
                self._client.put_object(Bucket=bucket, Key=key, Body=content, **condition)  # type: ignore[arg-type]
            except ClientError as error:
                answer = error.response["ResponseMetadata"]
                if answer["HTTPStatusCode"] not in {409, 412}:
                    raise
                # The answer to a first attempt can get lost: then it is our own object that is in the way.
                return answer.get("RetryAttempts", 0) > 0 and self._get(uri)[0] == content
        return True


@dataclass(frozen=True)
class ReadBytes:
    """Reads landing objects wherever it is sent to: picklable, a client per process."""

    storage: Storage

    def __call__(self, uri: str) -> bytes:
        return store_for(uri, self.storage).read(uri)


def delta_options(location: str, storage: Storage) -> dict[str, str]:
    """What the `deltalake` library must be told to reach a location."""
    if not is_remote(location):
        return {}
    reached = storage.resolved()
    options = {"aws_conditional_put": "etag"}
    if reached.endpoint_url:
        options |= {"aws_endpoint_url": reached.endpoint_url, "aws_allow_http": str(reached.is_plain_http).lower()}
    if reached.region:
        options["aws_region"] = reached.region
    return options


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless it is there; StorageError if that can not be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"could not make the folder {folder}: {error.strerror}") from error


def content_hash(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@cache
def _s3_client(endpoint_url: str | None, region: str | None) -> S3Client:
    import boto3

    return boto3.client("s3", endpoint_url=endpoint_url, region_name=region)


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.split("://", 1)[1].partition("/")
    return bucket, key


@contextmanager
def _told_as_storage_error(verb: str, uri: str) -> Iterator[None]:
    """What goes wrong, but that a file is there or is not there, as a StorageError; without any credentials."""
    failures: tuple[type[Exception], ...] = (OSError,)
    # A lake in a folder needs no S3 client, which takes a while to import.
    if is_remote(uri):
        from botocore.exceptions import BotoCoreError, ClientError

        failures = (OSError, BotoCoreError, ClientError)
    try:
        yield
    except (FileExistsError, FileNotFoundError):
        raise
    except failures as error:
        response = getattr(error, "response", None)
        reason = response["Error"]["Code"] if response else getattr(error, "strerror", None) or str(error)
        raise StorageError(f"could not {verb} {uri}: {reason}") from error


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
