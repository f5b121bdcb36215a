"""What a failed write tells: the table and the kind of failure, and nothing of the data."""

from __future__ import annotations

import pytest

from lakehouse.errors import IntegrityError, StorageError
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.storage.write import telling

FAILURES = {
    "disk": (OSError(28, "No space left on device", "/lake/ann@example.org"), "OSError · No space left on device"),
    "bucket": (RuntimeError("S3Exception: NoSuchBucket, key ann@example.org"), "RuntimeError · NoSuchBucket"),
    "data": (ValueError("cannot cast 'ann@example.org'"), "ValueError"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_by_its_kind(name: str) -> None:
    error, told = FAILURES[name]
    with pytest.raises(StorageError) as failed, telling(ORDERS):
        raise error
    assert str(failed.value) == f"silver.orders could not be written: {told}"


def test_own_errors_pass_as_they_are() -> None:
    with pytest.raises(IntegrityError, match=r"^mine$"), telling(ORDERS):
        raise IntegrityError("mine")
