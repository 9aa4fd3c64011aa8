"""What starts by itself on Windows."""

from __future__ import annotations

from typing import Any

from tests.unit.formats.test_shell_link import FULL
from tests.unit.formats.test_task import CACHED, XML
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.autostarts import Autostart, read
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

VERSION = r"Microsoft\Windows\CurrentVersion"
NT = r"Microsoft\Windows NT\CurrentVersion"
Tree = dict[str, dict[str, Data]]


def windows(
    machine: Tree | None = None,
    *people: Tree,
    files: dict[str, bytes] | None = None,
    refused: tuple[str, ...] = (),
) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        files=FakeFiles(files),
        registry=FakeRegistry(
            FakeHive(machine, refused=refused), [FakeHive(person) for person in people]
        ),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def rows(host: FakeHost) -> list[dict[str, Any]]:
    return [
        {
            name: kind.value
            for name in ("place", "role", "name", "command", "handler", "enabled")
            if (kind := getattr(each, name)) is not None
        }
        for each in read(host)
        if isinstance(each, Autostart)
    ]


def reasons(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def test_run_keys_of_every_view() -> None:
    found = rows(
        windows(
            {
                rf"SOFTWARE\{VERSION}\Run": {"A": r'"C:\a.exe" /b', "": "nameless.exe"},
                rf"SOFTWARE\WOW6432Node\{VERSION}\RunOnce": {"B": "b.exe --token=secret"},
                rf"SOFTWARE\{VERSION}\RunOnceEx\0001": {"1": r"C:\x.dll|Function|secret"},
            },
            {rf"Software\{VERSION}\Run": {"C": r"C:\Users\anna\c.exe", "Number": 1, "Empty": ""}},
        )
    )
    assert [(row["place"], row["role"], row["name"], row.get("command")) for row in found] == [
        (rf"HKLM\SOFTWARE\{VERSION}\Run", "run", "A", r'"C:\a.exe" /b'),
        (rf"HKLM\SOFTWARE\{VERSION}\Run", "run", "(default)", "nameless.exe"),
        (rf"HKLM\SOFTWARE\{VERSION}\RunOnceEx\0001", "run_once", "1", r"C:\x.dll <value> <value>"),
        (rf"HKLM\SOFTWARE\WOW6432Node\{VERSION}\RunOnce", "run_once", "B", "b.exe --token=<value>"),
        (rf"HKCU\Software\{VERSION}\Run", "run", "C", r"<home>\c.exe"),
        (rf"HKCU\Software\{VERSION}\Run", "run", "Empty", None),
    ]


def test_what_somebody_has_turned_off() -> None:
    found = rows(
        windows(
            None,
            {
                rf"Software\{VERSION}\Run": {"On": "a.exe", "Off": "b.exe", "Untouched": "c.exe"},
                rf"Software\{VERSION}\Explorer\StartupApproved\Run": {
                    "on": b"\x02" + bytes(11),
                    "OFF": b"\x03" + bytes(11),
                    "Untouched": b"",
                },
            },
        )
    )
    assert [row.get("enabled") for row in found] == [True, False, None]


def test_what_two_people_have_is_told_once() -> None:
    person: Tree = {rf"Software\{VERSION}\Run": {"A": "a.exe"}}
    assert len(rows(windows(None, person, person))) == 1


def test_settings_that_name_what_starts() -> None:
    found = rows(
        windows(
            {
                rf"SOFTWARE\{NT}\Winlogon": {
                    "Shell": "explorer.exe, evil.exe",
                    "Userinit": r"C:\Windows\system32\userinit.exe,",
                },
                r"SYSTEM\CurrentControlSet\Control\Session Manager": {
                    "BootExecute": ("autocheck autochk *", "", "evil"),
                },
            },
            {"Environment": {"UserInitMprLogonScript": "x.bat secret"}},
        )
    )
    assert [(row["role"], row["name"], row["command"]) for row in found] == [
        ("winlogon", "Shell", "explorer.exe"),
        ("winlogon", "Shell", "evil.exe"),
        ("winlogon", "Userinit", r"C:\Windows\system32\userinit.exe"),
        ("boot_execute", "BootExecute", "autocheck autochk <value>"),
        ("boot_execute", "BootExecute", "evil"),
        ("logon", "UserInitMprLogonScript", "x.bat <value>"),
    ]


def test_scripts_of_policies() -> None:
    place = rf"SOFTWARE\{VERSION}\Group Policy\Scripts\Startup"
    (row,) = rows(
        windows({rf"{place}\0\0": {"Script": r"\\host\x\start up.ps1", "Parameters": "-p secret"}})
    )
    assert row == {
        "place": rf"HKLM\{place}",
        "role": "policy_script",
        "name": "start up.ps1",
        "command": r'"\\host\x\start up.ps1" -p <value>',
    }


TASKS = "/Windows/System32/Tasks"
CACHE = rf"SOFTWARE\{NT}\Schedule\TaskCache\Tasks"


def test_tasks_of_files_and_of_the_cache() -> None:
    host = windows(
        {
            rf"{CACHE}\{{1}}": {"Path": r"\Vendor\Update anna", "Actions": CACHED},
            rf"{CACHE}\{{2}}": {
                "Path": r"\Only cached-S-1-5-21-1-2-3-1001",
                "Actions": CACHED,
            },
            rf"{CACHE}\{{3}}": {"Path": r"\Nothing known", "Actions": b"\x03\0"},
        },
        files={
            f"{TASKS}/Vendor/Update anna": XML.format(enabled="false").encode("utf-16"),
            f"{TASKS}/Broken": b"<Task>",
        },
    )
    found = [(row["name"], row.get("command"), row.get("enabled")) for row in rows(host)]
    assert found == [
        (r"\Vendor\Update <user>", r"C:\tool.exe -a <value> <value>", False),
        (r"\Vendor\Update <user>", None, False),
        (r"\Vendor\Update <user>", r"%windir%\x.exe", False),
        (r"\Only cached-<user>", r"C:\tool.exe -a <value> <value>", None),
        (r"\Only cached-<user>", None, None),
        (r"\Nothing known", None, None),
    ]
    assert {row["handler"] for row in rows(host) if "handler" in row} == {
        "{2DEA658F-54C1-4227-AF9B-260AB5FC3543}"
    }
    assert reasons(host) == ["not a task"]


def test_startup_folders() -> None:
    menu = "Microsoft/Windows/Start Menu/Programs/Startup"
    host = windows(
        {r"Software\x": {}},
        {
            rf"Software\{VERSION}\Explorer\StartupApproved\StartupFolder": {
                "X.lnk": b"\x03" + bytes(11)
            }
        },
        files={
            f"/ProgramData/{menu}/desktop.ini": b"",
            f"/ProgramData/{menu}/anna's tool.exe": b"MZ",
            f"/Users/anna/AppData/Roaming/{menu}/x.lnk": FULL,
            f"/Users/anna/AppData/Roaming/{menu}/damaged.lnk": FULL[:90],
        },
    )
    place = menu.replace("/", "\\")
    assert [tuple(row.values()) for row in rows(host)] == [
        (
            rf"C:\ProgramData\{place}",
            "startup_folder",
            "<user>'s tool.exe",
            rf'"C:\ProgramData\{place}\<user>' + "'s tool.exe\"",
            True,
        ),
        (rf"<home>\AppData\Roaming\{place}", "startup_folder", "damaged.lnk", True),
        (
            rf"<home>\AppData\Roaming\{place}",
            "startup_folder",
            "x.lnk",
            r'"C:\Program Files\x.exe" -a --token=<value>',
            False,
        ),
    ]
    assert reasons(host) == ["a damaged shell link"]


def test_a_key_that_cannot_be_read_costs_only_itself() -> None:
    host = windows(
        {
            rf"SOFTWARE\{VERSION}\Run": {"A": "a.exe"},
            rf"SOFTWARE\{VERSION}\RunOnce": {"B": "b.exe"},
        },
        refused=(rf"SOFTWARE\{VERSION}\Run",),
    )
    assert [row["name"] for row in rows(host)] == ["B"]
    assert reasons(host) == ["not permitted"]
