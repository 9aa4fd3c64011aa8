"""What extends printing, Explorer and the control panel, against what another reader finds in real hives."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from vedette.cli import vedette

DATA = Path(__file__).parents[3] / "shared" / "data"
TRUTHS: dict[str, dict[str, Any]] = (
    {
        row["file"].removeprefix("hives/"): row["truth"]
        for row in json.loads((DATA / "hive-manifest.json").read_text())
        if row.get("truth")
    }
    if DATA.is_dir()
    else {}
)
pytestmark = pytest.mark.skipif(not TRUTHS, reason="the shared set is not here")

Row = dict[str, Any]
Rows = Callable[[str, str], list[Row]]


def of(kind: str) -> list[str]:
    return [file for file in TRUTHS if file.startswith(kind)]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    def read(file: str, item: str) -> list[Row]:
        hive = tmp_path / file
        hive.write_bytes(lzma.decompress((DATA / "hives" / file).read_bytes()))
        given = f"{file.partition('-')[0]}={hive}"
        command = ["inventory", "--registry", given, "--item", item, "--json"]
        result = CliRunner().invoke(vedette, command)
        assert result.exit_code == 0, result.output
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return [row for row in found if row["item"] == item]

    return read


@pytest.mark.parametrize("file", of("SYSTEM"))
def test_printing(file: str, rows: Rows) -> None:
    found, truth = rows(file, "print_extensions"), TRUTHS[file]
    monitors = {row["name"]: row["library"] for row in found if row["role"] == "monitor"}
    assert monitors == (truth["print_monitors"] or {})
    providers = {row["name"] for row in found if row["role"] == "provider"}
    assert providers == set(truth["print_providers"] or ())
    environments = {row["environment"] for row in found if row["role"] == "processor"}
    # Each of these hives has processors, though not of every environment.
    assert environments
    assert environments <= set(truth["print_environments"] or ())


@pytest.mark.parametrize("file", of("SOFTWARE"))
def test_active_setup_of_the_computer(file: str, rows: Rows) -> None:
    truth = TRUTHS[file]
    wanted = {
        (each["id"], each[""], each["Version"], each["StubPath"])
        for view in ("native", "wow64")
        for each in truth[view]["active_setup"]
    }
    found = rows(file, "active_setup")
    assert {(row["id"], row["name"], row["version"], row["stub"]) for row in found} == wanted


@pytest.mark.parametrize("file", of("NTUSER"))
def test_active_setup_of_a_user(file: str, rows: Rows) -> None:
    found = {row["id"] for row in rows(file, "active_setup")}
    assert found == set(TRUTHS[file]["active_setup"]["ids"])


@pytest.mark.parametrize("file", of("SOFTWARE"))
def test_plug_ins_of_explorer(file: str, rows: Rows) -> None:
    truth, found = TRUTHS[file], rows(file, "shell_plugins")

    def named(role: str) -> set[str]:
        return {row["name"] for row in found if row["role"] == role}

    menus = {name for names in truth["context_menu_handlers"].values() for name in names or ()}
    assert menus <= named("context_menu")
    overlays = {
        name for view in ("native", "wow64") for name in truth[view]["shell_icon_overlays"] or ()
    }
    assert named("icon_overlay") == overlays
    delayed = {name for view in ("native", "wow64") for name in truth[view]["ssodl"]}
    assert named("delay_load") == delayed
    approved = sum(truth[view]["shell_ext_approved_count"] for view in ("native", "wow64"))
    assert sum(row["role"] == "approved" for row in found) == approved
    for row in found:
        if row["name"] == "7-Zip":
            assert row["library"] == "C:\\Program Files\\7-Zip\\7-zip.dll"


@pytest.mark.parametrize("file", of("SOFTWARE"))
def test_registered_control_panels(file: str, rows: Rows) -> None:
    wanted = {
        (name, library)
        for view in ("native", "wow64")
        for name, library in TRUTHS[file][view]["cpls"].items()
    }
    found = rows(file, "control_panels")
    assert {
        (row["name"], row["library"]) for row in found if row["role"] == "cpl_registered"
    } == wanted
