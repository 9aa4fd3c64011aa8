"""Operating system, hardware and addresses of the shared set's hives, against what python-registry finds in them."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from vedette.cli import vedette

DATA: Final = Path(__file__).parents[3] / "shared" / "data"
MANIFEST: Final = DATA / "hive-manifest.json"
TRUTHS: Final[dict[str, dict[str, Any]]] = (
    {
        row["file"].removeprefix("hives/"): row["truth"]
        for row in json.loads(MANIFEST.read_text())
        if row.get("truth")
    }
    if MANIFEST.exists()
    else {}
)
pytestmark = pytest.mark.skipif(not TRUTHS, reason="the shared set is not here")
SYSTEMS: Final = [name for name, truth in TRUTHS.items() if "architecture" in truth]
SOFTWARES: Final = [name for name, truth in TRUTHS.items() if "os" in truth]
Row = dict[str, Any]
Rows = Callable[[str, str, str], list[Row]]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    def read(name: str, file: str, item: str) -> list[Row]:
        hive = tmp_path / name
        hive.write_bytes(lzma.decompress((DATA / "hives" / file).read_bytes()))
        command = ["inventory", "--registry", f"{name}={hive}", "--item", item, "--json"]
        result = CliRunner().invoke(vedette, command)
        assert result.exit_code == 0, result.output
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return [row for row in found if row["item"] == item]

    return read


@pytest.mark.parametrize("file", SYSTEMS)
def test_systems(file: str, rows: Rows) -> None:
    (row,) = rows("SYSTEM", file, "operating_system")
    truth = TRUTHS[file]
    assert row["family"] == "windows"
    assert row["architecture"] == truth["architecture"]
    pack = truth["csd_version_dword"] >> 8
    assert row["service_pack"] == (f"Service Pack {pack}" if pack else None)
    for name in (truth["computer_name"], truth["hostname"]):
        assert len(name) < 4 or name not in json.dumps(row)


@pytest.mark.parametrize("file", SOFTWARES)
def test_software(file: str, rows: Rows) -> None:
    (row,) = rows("SOFTWARE", file, "operating_system")
    truth = TRUTHS[file]["os"]
    assert row["name"] == truth["ProductName"]
    assert row["version"] == truth["CurrentVersion"]
    assert row["build"].partition(".")[0] == truth["CurrentBuildNumber"]
    assert row["service_pack"] == (truth["CSDVersion"] or None)


# By their GEOID; the users' languages and codes for telephones, beside it in the hives, are of the same countries.
REGIONS: Final = {"NTUSER-a.xz": "US", "NTUSER-WSL.xz": "GB", "NTUSER-plaso.xz": "IS"}


@pytest.mark.parametrize("file", REGIONS)
def test_regions(file: str, rows: Rows) -> None:
    (row,) = rows("NTUSER", file, "operating_system")
    assert row["region"] == REGIONS[file]


HARDWARE: Final = {
    "SYSTEM-win10b.xz": ("Intel(R) Core(TM) i9-9880H CPU @ 2.30GHz", 4, "Phoenix Technologies LTD"),
    "SYSTEM-win7x86.xz": ("Six-Core AMD Opteron(tm) Processor 8439 SE", 1, None),
}


@pytest.mark.parametrize("file", HARDWARE)
def test_hardware(file: str, rows: Rows) -> None:
    (row,) = rows("SYSTEM", file, "hardware")
    assert (row["processor"], row["cores"], row["firmware_maker"]) == HARDWARE[file]
    models = [disk["model"] for disk in row["disks"]]
    assert "VMware, VMware Virtual S SCSI Disk Device" in models
    assert not [model for model in models if "USB" in model]
    assert row["tpm"] is False


ADDRESSES: Final = {
    "SYSTEM-win10b.xz": [("ipv4", "private", None)],
    "SYSTEM-win7x86.xz": [("ipv4", "private", None)],
    "SYSTEM-wine10.xz": [],
}


@pytest.mark.parametrize("file", ADDRESSES)
def test_addresses(file: str, rows: Rows) -> None:
    found = rows("SYSTEM", file, "addresses")
    assert [(row["family"], row["scope"], row["prefix"]) for row in found] == ADDRESSES[file]
