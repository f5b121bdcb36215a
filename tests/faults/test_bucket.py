"""S3 refuses, loses its answer after it has stored the object, or answers in half."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.bucket import InBucket
from tests.faults.bucket_faults import ALWAYS, BucketFault, Harm, harming
from tests.faults.processes import run
from tests.faults.scorecard import Score, record
from tests.faults.story import Fault, Prepared

pytestmark = pytest.mark.faults

DATA = r"gold/shipped/[^/]*\.parquet"
STORED_ROWS = r"silver/orders/.*\.parquet"
LOG = r"silver/orders/_delta_log/\d+\.json"
POINTER = r"_snapshots/current\.json"
MANIFEST = r"_snapshots/\d{8}T[^/]*\.json"
LEASE = r"_lease\.json"

WELL, STORAGE, INTEGRITY = 0, 6, 7

CASES = [
    (Harm.SLOW_DOWN, "PUT", DATA, 1, (WELL,)),
    (Harm.SLOW_DOWN, "PUT", POINTER, ALWAYS, (STORAGE,)),
    (Harm.CUT, "PUT", LOG, 1, (WELL, INTEGRITY)),
    (Harm.CUT, "PUT", MANIFEST, 1, (WELL,)),
    (Harm.CUT, "PUT", POINTER, 1, (WELL,)),
    (Harm.SHORT, "GET", STORED_ROWS, 1, (WELL,)),
    (Harm.SHORT, "GET", LOG, 1, (WELL,)),
]
MORE = [
    (Harm.SLOW_DOWN, "PUT", LOG, 1, (WELL,)),
    (Harm.SLOW_DOWN, "PUT", POINTER, 1, (WELL,)),
    (Harm.CUT, "PUT", DATA, 1, (WELL,)),
    (Harm.CUT, "PUT", LEASE, 1, (WELL,)),
    (Harm.SHORT, "GET", MANIFEST, 1, (WELL, STORAGE, INTEGRITY)),
    (Harm.SHORT, "GET", POINTER, 1, (WELL, STORAGE, INTEGRITY)),
]
NAMES = {
    DATA: "a data file",
    STORED_ROWS: "a data file",
    LOG: "a commit",
    POINTER: "the pointer",
    MANIFEST: "a manifest",
    LEASE: "the lease",
}


@pytest.mark.parametrize(
    ("harm", "verb", "key", "times", "codes"),
    [*(pytest.param(*case) for case in CASES), *(pytest.param(*case, marks=pytest.mark.soak) for case in MORE)],
)
def test_bucket(
    lakehouse: Prepared, in_bucket: InBucket, harm: Harm, verb: str, key: str, times: int, codes: tuple[int, ...]
) -> None:
    fault = BucketFault(harm, verb, key, times)
    how_often = " every time" if times == ALWAYS else ""
    told = Fault(f"S3: {harm}", f"{verb} of {NAMES[key]}{how_often}", codes, "error: ")
    found = suffer(lakehouse, in_bucket, fault, told)
    assert fault.hits
    assert record(found).is_good, found


def suffer(lakehouse: Prepared, in_bucket: InBucket, fault: BucketFault, told: Fault) -> Score:
    """The harmed run goes by way of the fault; the readers and the next run do not."""
    straight = in_bucket.prepared(lakehouse)
    with harming(in_bucket.server.endpoint_url, fault) as endpoint:
        ended = run(replace(straight.subject, endpoint=endpoint))  # type: ignore[type-var]
    return straight.judge(told, ended)
