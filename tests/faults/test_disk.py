"""The disk is full when a layer is to be written: nothing is published, and with room again the next run is whole."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.faults.acts import FillDisk, ForbidGrowth
from tests.faults.scorecard import record
from tests.faults.story import Fault, Prepared, make_room
from tests.faults.subject import Lakehouse

pytestmark = pytest.mark.faults

LAYERS = {
    "bronze": "before bronze.corner__orders",
    "silver": "before silver.orders",
    "quarantine": "before quarantine.rejects",
    "gold": "before gold.shipped",
    "ledger": "before runs.balances",
    "manifest": "before manifest",
    "pointer": "before pointer",
}
SIZE = "8m"


@pytest.fixture(scope="module")
def on_small_disk(lakehouse: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """The lake on a disk of its own."""
    disk = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    assert isinstance(lakehouse.subject, Lakehouse)
    yield replace(lakehouse, subject=replace(lakehouse.subject, lake_folder=disk))
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("layer", LAYERS)
def test_full_disk(on_small_disk: Prepared, layer: str) -> None:
    disk = on_small_disk.subject.lake
    fault = Fault("Disk full", layer, (6,), "No space left on device")
    found = record(on_small_disk.suffer(fault, FillDisk(LAYERS[layer], disk), make_room(disk)))
    assert found.is_good, found


@pytest.mark.parametrize("layer", LAYERS)
def test_used_up_quota(lakehouse: Prepared, layer: str) -> None:
    """The same by a limit that needs no disk of its own."""
    fault = Fault("Files may not grow", layer, (6,), "error: ")
    found = record(lakehouse.suffer(fault, ForbidGrowth(LAYERS[layer])))
    assert found.is_good, found


@pytest.mark.soak
def test_used_up_quota_at_the_kpis(full_lakehouse: Prepared) -> None:
    fault = Fault("Files may not grow", "kpi", (6,), "error: ")
    found = record(full_lakehouse.suffer(fault, ForbidGrowth("before kpi.kpi_revenue_daily")))
    assert found.is_good, found
