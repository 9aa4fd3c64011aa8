"""Browser add-ons, browsers, mail clients and software of the SOFTWARE and NTUSER hives, against what python-registry
finds in them.
"""

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
HIVES: dict[str, dict[str, Any]] = (
    {
        row["file"].removeprefix("hives/"): row["truth"]
        for row in json.loads((DATA / "hive-manifest.json").read_text())
        if row.get("truth")
    }
    if DATA.is_dir()
    else {}
)
pytestmark = pytest.mark.skipif(not HIVES, reason="the shared set is not here")

SOFTWARE = [name for name in HIVES if name.startswith("SOFTWARE")]
NTUSER = [name for name in HIVES if name.startswith("NTUSER")]
Row = dict[str, Any]
Rows = Callable[[str, str], list[Row]]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    def read(file: str, item: str) -> list[Row]:
        name = file.partition("-")[0]
        hive = tmp_path / name
        hive.write_bytes(lzma.decompress((DATA / "hives" / file).read_bytes()))
        command = ["inventory", "--registry", f"{name}={hive}", "--item", item, "--json"]
        result = CliRunner().invoke(vedette, command)
        assert result.exit_code == 0, result.output
        found = [json.loads(line) for line in result.stdout.splitlines()]
        return [row for row in found if row["item"] == item]

    return read


def views(file: str, block: str) -> list[Any]:
    """The entries of ``block``, natively and as 32-bit programs see it."""
    truth = HIVES[file]
    return [each for view in ("native", "wow64") for each in truth[view][block] or ()]


@pytest.mark.parametrize("file", SOFTWARE)
def test_helper_objects_toolbars_and_extensions(file: str, rows: Rows) -> None:
    found = [row for row in rows(file, "browser_addons") if row["browser"] == "Internet Explorer"]
    helpers = {(row["id"], row["name"], row["library"]) for row in found if row["role"] == "bho"}
    assert helpers == {
        (each["clsid"], each["default"], each["inproc"]) for each in views(file, "bho")
    }
    toolbars = {row["id"] for row in found if row["role"] == "toolbar"}
    assert toolbars == set(views(file, "ie_toolbars"))
    extensions = {row["id"] for row in found if row["role"] == "extension"}
    assert extensions == set(views(file, "ie_extensions"))


@pytest.mark.parametrize("file", SOFTWARE)
def test_browsers_by_their_registration(file: str, rows: Rows) -> None:
    found = {row["id"]: row for row in rows(file, "browsers")}
    assert set(found) == set(views(file, "browsers"))
    # Of each, what can be uninstalled or its maker's keys say the version.
    versions = {each["DisplayName"]: each["DisplayVersion"] for each in views(file, "uninstall")}
    assert found["Google Chrome"]["version"] == versions["Google Chrome"]
    assert found["Firefox-308046B0AF4A39CB"]["name"] == "Mozilla Firefox"
    assert found["Firefox-308046B0AF4A39CB"]["version"] == "120.0"
    assert found["IEXPLORE.EXE"]["version"]
    assert all(row["publisher"] for row in found.values())


@pytest.mark.parametrize("file", SOFTWARE)
def test_mail_clients_by_their_registration(file: str, rows: Rows) -> None:
    found = {row["name"]: row for row in rows(file, "mail_clients")}
    assert set(found) == set(views(file, "mail_clients"))
    assert found["Mozilla Thunderbird"]["version"] == "115.4.3"


@pytest.mark.parametrize("file", SOFTWARE)
def test_software_is_what_can_be_uninstalled(file: str, rows: Rows) -> None:
    found = {(row["name"], row["version"], row["publisher"]) for row in rows(file, "software")}
    assert found == {
        (each["DisplayName"], each["DisplayVersion"], each["Publisher"])
        for each in views(file, "uninstall")
    }


@pytest.mark.parametrize("file", NTUSER)
def test_search_hooks_of_users(file: str, rows: Rows) -> None:
    found = [row for row in rows(file, "browser_addons") if row["role"] == "url_search_hook"]
    assert {row["id"] for row in found} == set(HIVES[file]["url_search_hooks"]["data"])
