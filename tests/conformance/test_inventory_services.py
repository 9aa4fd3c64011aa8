"""Services, drivers and loaded objects of the SYSTEM hives, against what python-registry finds in them."""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vedette.cli import vedette

DATA = Path(__file__).parents[3] / "shared" / "data"
HIVES: dict[str, dict[str, Any]] = (
    {
        row["file"].removeprefix("hives/"): row["truth"]
        for row in json.loads((DATA / "hive-manifest.json").read_text())
        if row["file"].startswith("hives/SYSTEM-")
    }
    if DATA.is_dir()
    else {}
)
pytestmark = pytest.mark.skipif(not HIVES, reason="the shared set is not here")

STARTS = {"0": "boot", "1": "system", "2": "auto", "3": "demand", "4": "disabled"}
Row = dict[str, Any]
Rows = Callable[[str], list[Row]]


@pytest.fixture(params=HIVES)
def truth(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = HIVES[request.param]
    return found | {"file": request.param}


@pytest.fixture
def rows(truth: dict[str, Any], tmp_path: Path) -> Rows:
    hive = tmp_path / "SYSTEM"
    hive.write_bytes(lzma.decompress((DATA / "hives" / truth["file"]).read_bytes()))

    def read(item: str) -> list[Row]:
        command = ["inventory", "--registry", f"SYSTEM={hive}", "--item", item, "--json"]
        result = CliRunner().invoke(vedette, command)
        assert result.exit_code == 0, result.output
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return [row for row in found if row["item"] == item]

    return read


def test_services_and_drivers_by_type(truth: dict[str, Any], rows: Rows) -> None:
    counts = truth["services_counts"]
    kinds = Counter(row["kind"] for row in rows("drivers"))
    assert {kind: kinds[kind] for kind in ("kernel", "file_system", "adapter", "recognizer")} == {
        "kernel": counts["drivers_kernel_1"],
        "file_system": counts["drivers_fs_2"],
        "adapter": counts["adapter_4"],
        "recognizer": counts["recognizer_8"],
    }
    services = rows("services")
    assert len(services) == counts["services_win32"] + counts["other"]
    assert all(row["kind"] for row in services)


def test_the_names_of_drivers(truth: dict[str, Any], rows: Rows) -> None:
    found = rows("drivers")
    for kind, names in (("kernel", "drivers_kernel_names"), ("file_system", "drivers_fs_names")):
        assert sorted(row["name"] for row in found if row["kind"] == kind) == sorted(truth[names])


def test_services_and_drivers_by_start(truth: dict[str, Any], rows: Rows) -> None:
    found = Counter(row["start"] for item in ("services", "drivers") for row in rows(item))
    assert found == Counter(
        {STARTS[start]: count for start, count in truth["services_by_start"].items()}
    )


def test_samples(truth: dict[str, Any], rows: Rows) -> None:
    found = {row["name"].lower(): row for item in ("services", "drivers") for row in rows(item)}
    for name, sample in truth["service_samples"].items():
        if sample["Type"] is None:
            assert name.lower() not in found
            continue
        row = found[name.lower()]
        assert row["start"] == STARTS[str(sample["Start"])]
        image = sample["ImagePath"]
        if sample["Type"] & 0x30:
            assert image == row["image"] or image.startswith(row["image"] + " ")
            assert row["account_kind"] == (
                "system" if sample["ObjectName"] == "LocalSystem" else "service"
            )
        else:
            assert row["image"] == image


def test_no_suffix_of_a_session_is_left(truth: dict[str, Any], rows: Rows) -> None:
    services = rows("services")
    general = {row["name"] for row in services if row["kind"].startswith("user_")}
    copies = {row["name"] for row in services if row["kind"].endswith("_instance")}
    assert copies <= general
    if truth["file"].startswith("SYSTEM-win10b"):
        assert len(copies) == 19
        assert not [name for name in copies if name.endswith("b006d")]


def test_packages_of_the_security_authority(truth: dict[str, Any], rows: Rows) -> None:
    found = rows("loaded_objects")
    for value, role in (
        ("Authentication Packages", "lsa_package"),
        ("Notification Packages", "lsa_package"),
        ("Security Packages", "security_package"),
    ):
        names = {row["name"] for row in found if row["role"] == role}
        listed = truth["lsa_packages"][value] or []
        assert {name for name in listed if name.strip('"')} <= names
        assert names.isdisjoint({"", '""'})


def test_known_dlls(truth: dict[str, Any], rows: Rows) -> None:
    found = [row for row in rows("loaded_objects") if row["role"] == "known_dll"]
    assert len(found) == (truth["known_dlls"] or 0)
    assert all(row["library"] for row in found)
