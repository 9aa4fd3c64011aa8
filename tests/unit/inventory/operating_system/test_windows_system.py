"""The operating system, as the registries of many versions of Windows tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from vedette.catalogue import discover
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Kernel
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.operating_system import read
from vedette.inventory.operating_system.geography import region_of
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
PACKAGES = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
CONTROL = r"SYSTEM\CurrentControlSet\Control"
ENVIRONMENT = CONTROL + r"\Session Manager\Environment"
GEOGRAPHY = r"Control Panel\International\Geo"
Keys = Mapping[str, Mapping[str, Data]]


def host(keys: Keys, *people: Mapping[str, Data], **more: Any) -> FakeHost:
    registry = FakeRegistry(FakeHive(keys), [FakeHive({GEOGRAPHY: person}) for person in people])
    return FakeHost(
        platform=Platform.WINDOWS,
        **{"live": False, "registry": registry, "running": Kernel(None, None), **more},
    )


def told(computer: FakeHost) -> tuple[dict[str, Any], list[str]]:
    *unread, found = read(computer)
    assert not isinstance(found, Unread)
    reasons = [each.reason for each in unread if isinstance(each, Unread)]
    return discover().schemas["operating_system"].row(found), reasons


TEN: dict[str, Data] = {
    "ProductName": "Windows 10 Pro",
    "CurrentVersion": "6.3",
    "CurrentMajorVersionNumber": 10,
    "CurrentMinorVersionNumber": 0,
    "CurrentBuild": "19045",
    "CurrentBuildNumber": "19045",
    "UBR": 3803,
    "RegisteredOwner": "anna",
    "ProductId": "00330-80000-00000-AA123",
}


def package(name: str, state: int) -> tuple[str, dict[str, Data]]:
    return rf"{PACKAGES}\{name}~31bf3856ad364e35~amd64~~10.0.1.1", {"CurrentState": state}


def test_windows_10() -> None:
    keys: Keys = {
        VERSION: TEN,
        ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "AMD64"},
        **dict(
            [
                package("Package_for_KB5003791", 112),
                package("Package_for_KB5003791_RTM_GM", 112),
                package("Package_1_for_KB4565511", 112),
                package("Package_for_KB999999", 80),  # superseded
                package("Package_for_RollupFix", 112),
                package("Microsoft-Windows-Foundation-Package", 112),
            ]
        ),
        VERSION + r"\HotFix\KB888888": {"Installed": 1},
    }
    assert told(host(keys, {"Nation": "94", "Name": "DE"})) == (
        {
            "family": "windows",
            "name": "Windows 10 Pro",
            "version": "10.0",
            "build": "19045.3803",
            "updates": ["KB888888", "KB4565511", "KB5003791"],
            "architecture": "AMD64",
            "region": "DE",
        },
        [],
    )


def test_windows_7() -> None:
    keys: Keys = {
        VERSION: {
            "ProductName": "Windows 7 Professional",
            "CurrentVersion": "6.1",
            "CurrentBuildNumber": "7601",
            "CSDVersion": "Service Pack 1",
        },
        ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "x86"},
        **dict([package("Package_for_KB976933", 7), package("Package_for_KB976934", 4)]),
    }
    row, reasons = told(host(keys, {"Nation": "244"}))
    assert row == {
        "family": "windows",
        "name": "Windows 7 Professional",
        "version": "6.1",
        "build": "7601",
        "service_pack": "Service Pack 1",
        "updates": ["KB976933"],
        "architecture": "x86",
        "region": "US",
    }
    assert reasons == []


def test_windows_xp() -> None:
    keys: Keys = {
        VERSION: {
            "ProductName": "Microsoft Windows XP",
            "CurrentVersion": "5.1",
            "CurrentBuild": "1.511.1 () (Obsolete data - do not use)",
            "CurrentBuildNumber": "2600",
            "CSDVersion": "Service Pack 3",
        },
        VERSION + r"\HotFix\KB950762": {"Installed": 1},
        VERSION + r"\HotFix\Q147222": {"Installed": 1},
        VERSION + r"\HotFix\KB111111": {"Installed": 0},
        VERSION + r"\HotFix\File 1": {"Installed": 1},
        r"SOFTWARE\Microsoft\Updates\Windows XP\SP4\KB2229593": {"Description": "for anna"},
    }
    row, _ = told(host(keys))
    assert (row["version"], row["build"]) == ("5.1", "2600")
    assert row["updates"] == ["Q147222", "KB950762", "KB2229593"]


def test_the_system_s_hive_alone() -> None:
    keys: Keys = {
        CONTROL + r"\Windows": {"CSDVersion": 0x100, "CSDBuildNumber": 1130},
        ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "x86"},
    }
    row, reasons = told(host(keys))
    assert row == {"family": "windows", "service_pack": "Service Pack 1", "architecture": "x86"}
    assert reasons == ["missing"]


def test_a_running_system_tells_of_its_updates_itself() -> None:
    rows = {"Win32_QuickFixEngineering": [{"HotFixID": "KB5031356"}, {"HotFixID": "File 1"}]}
    row, _ = told(host({VERSION: TEN}, live=True, rows=rows))
    assert row["updates"] == ["KB5031356"]


def test_none_installed_is_another_thing_than_unknown() -> None:
    assert told(host({VERSION: TEN, PACKAGES: {}}))[0]["updates"] == []
    assert "updates" not in told(host({VERSION: TEN}))[0]


def test_of_too_many_updates_the_newest_are_told() -> None:
    keys = dict([package(f"Package_for_KB{number}", 112) for number in range(99_000, 100_100)])
    updates = told(host({VERSION: TEN, **keys}))[0]["updates"]
    assert len(updates) == 1024
    assert (updates[0], updates[-1]) == ("KB99076", "KB100099")


@pytest.mark.parametrize(
    ("people", "region"),
    [
        ([{"Name": "AT"}, {"Name": "AT"}, {"Name": "CH"}], "AT"),
        ([{"Name": "CH"}, {"Nation": "14"}], "AT"),
        ([{"Nation": "14", "Name": "CH"}], "CH"),
        ([{"Nation": "39070"}, {"Nation": "anna"}, {}], None),
        ([{"Name": "001"}, {"Name": "001"}, {"Nation": "203"}], "RU"),
        ([{"Nation": 94}], None),
        ([], None),
    ],
)
def test_regions(people: list[dict[str, Data]], region: str | None) -> None:
    assert told(host({VERSION: TEN}, *people))[0].get("region") == region


def test_places() -> None:
    # Of Microsoft's "Table of Geographical Locations".
    known = {"94": "DE", "217": "ES", "39": "CA", "122": "JP", "242": "GB", "15126": "IM"}
    assert {number: region_of(number) for number in known} == known
    assert region_of("161832257") is None  # Latin America and the Caribbean


def test_what_cannot_be_read_is_said_and_the_rest_told() -> None:
    hive = FakeHive({ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": "ARM64"}}, refused=["SOFTWARE"])
    people = [FakeHive({}, refused=["Control Panel"]), FakeHive({GEOGRAPHY: {"Name": "FR"}})]
    row, reasons = told(host({}, registry=FakeRegistry(hive, people)))
    assert row == {"family": "windows", "architecture": "ARM64", "region": "FR"}
    assert reasons == ["not permitted"]
    dirty = FakeHive({VERSION: TEN}, damage=["dirty, without its logs"])
    row, reasons = told(host({}, registry=FakeRegistry(dirty)))
    assert row["build"] == "19045.3803"
    assert reasons == ["dirty, without its logs"]


def test_whose_system_it_is_is_not_told() -> None:
    keys: Keys = {VERSION: {"ProductName": "Windows of anna", "CurrentBuildNumber": "kiste.1"}}
    private = PrivateNames(users=frozenset({"anna"}), computers=frozenset({"kiste"}))
    row, _ = told(host(keys, private=private))
    assert (row["name"], row["build"]) == ("Windows of <user>", "<computer>.1")


@pytest.mark.parametrize("named", ["anna's computer", "", "SPARC"])
def test_an_architecture_that_is_none(named: str) -> None:
    row, _ = told(host({VERSION: TEN, ENVIRONMENT: {"PROCESSOR_ARCHITECTURE": named}}))
    assert "architecture" not in row
