"""An S3 server of this machine, in a process of its own: an engine in this process would wait for it for ever."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION: Final = "eu-central-1"
SECRET = "the-secret-that-nobody-may-see"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_EC2_METADATA_DISABLED": "true",
}

_SERVE = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class ObjectStorage:
    """A running S3 server, reached with the credentials of `CREDENTIALS`."""

    endpoint_url: str

    @property
    def client(self) -> S3Client:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=SECRET,
        )

    def make_bucket(self, name: str) -> None:
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def upload(self, folder: Path, bucket: str, prefix: str) -> None:
        """Put every file below a folder under the prefix."""
        client = self.client
        for path in folder.rglob("*"):
            if path.is_file():
                client.put_object(Bucket=bucket, Key=f"{prefix}/{path.relative_to(folder)}", Body=path.read_bytes())

    def keys(self, bucket: str) -> dict[str, str]:
        """Every object of a bucket, with what tells its content."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", [])}


@contextmanager
def object_storage() -> Iterator[ObjectStorage]:
    """Start the server; it ends with its standard input."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        env={"MOTO_S3_DEFAULT_MAX_KEYS": "50"},  # so that a listing has pages
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield ObjectStorage(f"http://127.0.0.1:{int(server.stdout.readline())}")
        finally:
            server.stdin.close()
            server.wait()
