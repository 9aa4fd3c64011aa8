"""What starts by itself, and the records of the registry, of all hives, against what python-registry finds in them.

Values are compared as they may leave: through the kind ``Command``, with the names that the hive's owner would have.
"""

from __future__ import annotations

import json
import lzma
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.unit.formats.test_shell_link import FULL
from tests.unit.formats.test_task import XML
from vedette.cli import vedette
from vedette.facts.kinds import Command
from vedette.facts.privacy import NOTHING_PRIVATE

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
VERSION = r"Microsoft\Windows\CurrentVersion"
NT = r"Microsoft\Windows NT\CurrentVersion"
CONTROL = r"HKLM\SYSTEM\CurrentControlSet\Control"
ITEMS = ("autostarts", "registry_records")
Row = dict[str, Any]


def of_kind(kind: str) -> list[str]:
    return sorted(name for name in TRUTHS if name.startswith(f"{kind}-"))


def unpacked(name: str, folder: Path) -> Path:
    hive = folder / name.partition("-")[0]
    hive.write_bytes(lzma.decompress((DATA / "hives" / name).read_bytes()))
    return hive


def shown(*arguments: str, items: Iterable[str] = ITEMS) -> list[Row]:
    chosen = [word for item in items for word in ("--item", item)]
    result = CliRunner().invoke(vedette, ["inventory", *arguments, *chosen, "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[str], list[Row]]:
    def read(name: str) -> list[Row]:
        hive = unpacked(name, tmp_path)
        return shown("--registry", f"{name.partition('-')[0]}={hive}")

    return read


def left(text: str) -> str:
    return Command(text, NOTHING_PRIVATE).value


@pytest.mark.parametrize("name", of_kind("NTUSER"))
def test_what_starts_for_a_user(name: str, rows: Callable[[str], list[Row]]) -> None:
    truth, found = TRUTHS[name], rows(name)
    for key, block in (("Run", truth["run"]), ("RunOnce", truth["runonce"])):
        place = rf"HKCU\Software\{VERSION}\{key}"
        told = {r["name"]: r["command"] for r in found if r.get("place") == place}
        expected = (block or {"data": {}})["data"]
        assert told == {name: left(command) for name, command in expected.items()}
        assert len(told) == (block or {"values": 0})["values"]


@pytest.mark.parametrize("name", of_kind("NTUSER"))
def test_settings_of_a_user(name: str, rows: Callable[[str], list[Row]]) -> None:
    truth, found = TRUTHS[name], [row for row in rows(name) if row["item"] == "registry_records"]
    proxy = {row["name"]: row["value"] for row in found if row["rule"] == "internet_settings"}
    internet = truth["internet_settings"]
    assert proxy.get("ProxyEnable") == str(internet["ProxyEnable"])
    assert ("ProxyServer" in proxy) == bool(internet["ProxyServer"])
    assert ("AutoConfigURL" in proxy) == bool(internet["AutoConfigURL"])
    environment = truth["environment"]["data"]
    for variable in ("Path", "TEMP", "TMP"):
        told = [
            row["value"].strip('"')
            for row in found
            if row["key"] == r"HKCU\Environment" and row["name"] == variable
        ]
        assert told == [part for part in environment.get(variable, "").split(";") if part]


@pytest.mark.parametrize("name", of_kind("SOFTWARE"))
def test_what_starts_for_all(name: str, rows: Callable[[str], list[Row]]) -> None:
    found = rows(name)
    for view, block in (("", "native"), ("WOW6432Node\\", "wow64")):
        truth = TRUTHS[name][block]
        run = rf"HKLM\SOFTWARE\{view}{VERSION}\Run"
        told = {r["name"]: r["command"] for r in found if r.get("place") == run}
        assert told == {name: left(command) for name, command in truth["run"].items()}
        winlogon = truth["winlogon"] or {}
        for value in ("Shell", "Userinit"):
            expected = [
                left(part) for part in (winlogon.get(value) or "").split(",") if part.strip()
            ]
            where = rf"HKLM\SOFTWARE\{view}{NT}\Winlogon"
            for item, place, command in (
                ("autostarts", "place", "command"),
                ("registry_records", "key", "value"),
            ):
                assert expected == [
                    row[command]
                    for row in found
                    if (row["item"], row.get(place), row.get("name")) == (item, where, value)
                ]
        libraries = [row["value"] for row in found if row.get("name") == "AppInit_DLLs"]
        assert bool(libraries) == bool(truth["appinit"])


@pytest.mark.parametrize("name", of_kind("SYSTEM"))
def test_what_the_system_starts_and_lets_in(name: str, rows: Callable[[str], list[Row]]) -> None:
    truth, found = TRUTHS[name], rows(name)
    expected = [left(text) for text in truth["boot_execute"] or () if text]
    assert expected == [
        r["command"] for r in found if r.get("name") == "BootExecute" and "place" in r
    ]
    assert expected == [r["value"] for r in found if r.get("name") == "BootExecute" and "key" in r]
    for packages, texts in truth["lsa_packages"].items():
        told = [
            row["value"]
            for row in found
            if row.get("key") == rf"{CONTROL}\Lsa" and row["name"] == packages
        ]
        assert told == [left(text) for text in texts or () if text]
    folder = [row["value"] for row in found if row.get("rule") == "hosts_folder"]
    assert folder == [truth["hosts_dir"]]


def test_an_image_with_tasks_and_links(tmp_path: Path) -> None:
    """Tasks and links are looked at shut in, as hives are."""
    config = tmp_path / "Windows/System32/config"
    config.mkdir(parents=True)
    for name in ("SOFTWARE-wine10.xz", "SYSTEM-wine10.xz"):
        shutil.move(unpacked(name, tmp_path), config)
    person = tmp_path / "Users/anna"
    menu = person / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup"
    menu.mkdir(parents=True)
    shutil.move(unpacked("NTUSER-WSL.xz", tmp_path), person / "NTUSER.DAT")
    (menu / "tool.lnk").write_bytes(FULL)
    tasks = tmp_path / "Windows/System32/Tasks/Vendor"
    tasks.mkdir(parents=True)
    (tasks / "Update").write_bytes(XML.format(enabled="true").encode("utf-16"))
    (tasks / "Bomb").write_bytes(b'<!DOCTYPE t [<!ENTITY a "aaaa">]><Task>&a;</Task>')
    found = shown("--root", str(tmp_path))
    told = {(row.get("role"), row.get("name"), row.get("command")) for row in found}
    assert ("task", r"\Vendor\Update", r"C:\tool.exe -a <value> <value>") in told
    assert ("startup_folder", "tool.lnk", r'"C:\Program Files\x.exe" -a --token=<value>') in told
    assert ("winlogon", "Shell", "explorer.exe") in told
    reasons = {(row["of"], row["reason"]) for row in found if row["item"] == "unread"}
    assert ("autostarts", "not a task") in reasons
    assert "anna" not in json.dumps([row for row in found if row.pop("source")])
