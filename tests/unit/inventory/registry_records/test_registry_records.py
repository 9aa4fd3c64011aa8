"""Records of the Windows registry, and the list of those that are read."""

from __future__ import annotations

import re

import pytest

from vedette.facts.kinds import Command
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.registry_records import RegistryRecord, read
from vedette.inventory.registry_records.rules import Held, Rule, rules
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

NT = r"Microsoft\Windows NT\CurrentVersion"
WINDOWS = r"Microsoft\Windows\CurrentVersion"
CONTROL = r"SYSTEM\CurrentControlSet\Control"
Tree = dict[str, dict[str, Data]]


def windows(machine: Tree | None = None, *people: Tree, refused: tuple[str, ...] = ()) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        registry=FakeRegistry(
            FakeHive(machine, refused=refused), [FakeHive(person) for person in people]
        ),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def rows(host: FakeHost) -> list[tuple[str, str, str, str | None]]:
    return [
        (each.rule.value, each.key.value, each.name.value, each.value.value if each.value else None)
        for each in read(host)
        if isinstance(each, RegistryRecord)
    ]


def test_values_by_what_they_hold() -> None:
    environment = rf"{CONTROL}\Session Manager\Environment"
    host = windows(
        {
            rf"SOFTWARE\{NT}\Winlogon": {
                "Shell": "explorer.exe, evil.exe secret",
                "DefaultPassword": "secret",
                "AutoAdminLogon": "1",
            },
            rf"SOFTWARE\WOW6432Node\{NT}\Windows": {
                "AppInit_DLLs": r"a.dll, C:\b.dll",
                "LoadAppInit_DLLs": 1,
            },
            environment: {"Path": r"C:\Program Files\Git\cmd;;C:\Users\anna\bin;", "SECRET": "x"},
        }
    )
    assert rows(host) == [
        ("winlogon", rf"HKLM\SOFTWARE\{NT}\Winlogon", "Shell", "explorer.exe"),
        ("winlogon", rf"HKLM\SOFTWARE\{NT}\Winlogon", "Shell", "evil.exe <value>"),
        ("appinit", rf"HKLM\SOFTWARE\WOW6432Node\{NT}\Windows", "AppInit_DLLs", "a.dll"),
        ("appinit", rf"HKLM\SOFTWARE\WOW6432Node\{NT}\Windows", "AppInit_DLLs", r"C:\b.dll"),
        ("appinit", rf"HKLM\SOFTWARE\WOW6432Node\{NT}\Windows", "LoadAppInit_DLLs", "1"),
        ("automatic_logon", rf"HKLM\SOFTWARE\{NT}\Winlogon", "AutoAdminLogon", "1"),
        ("environment", rf"HKLM\{environment}", "Path", r'"C:\Program Files\Git\cmd"'),
        ("environment", rf"HKLM\{environment}", "Path", r"<home>\bin"),
    ]


def test_a_proxy_is_told_without_its_name() -> None:
    place = rf"Software\{WINDOWS}\Internet Settings"
    host = windows(
        None,
        {
            place: {
                "ProxyEnable": 1,
                "ProxyServer": "proxy.example.internal:8080",
                "AutoConfigURL": "",
            }
        },
    )
    assert [row[2:] for row in rows(host)] == [("ProxyEnable", "1"), ("ProxyServer", "<value>")]


def test_each_key_below_and_every_value() -> None:
    options = rf"SOFTWARE\{NT}\Image File Execution Options"
    host = windows(
        {
            rf"{options}\sethc.exe": {"Debugger": "cmd.exe /c secret", "Other": "secret"},
            rf"{options}\x.exe": {},
            rf"{CONTROL}\Session Manager\AppCertDlls": {"Any": "evil.dll"},
        }
    )
    assert rows(host) == [
        ("appcert", rf"HKLM\{CONTROL}\Session Manager\AppCertDlls", "Any", "evil.dll"),
        ("image_file_execution", rf"HKLM\{options}\sethc.exe", "Debugger", "cmd.exe /c <value>"),
    ]


def test_exclusions_are_told_as_places() -> None:
    place = r"SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths"
    host = windows({place: {r"C:\Users\anna\Documents\divorce": 0, r"C:\My Tools\x.exe": 0}})
    assert [row[2:] for row in rows(host)] == [
        ("Paths", r"<home>\Documents\…"),
        ("Paths", r'"C:\My Tools\x.exe"'),
    ]


def test_a_default_value_and_what_is_no_text() -> None:
    host = windows(
        {
            r"SOFTWARE\Classes\exefile\shell\open\command": {"": '"%1" %*'},
            rf"{CONTROL}\Lsa": {"RunAsPPL": None, "Security Packages": ("", "evil")},
            rf"SOFTWARE\{NT}\SystemRestore": {"DisableSR": b"\x01"},
        }
    )
    assert [row[2:] for row in rows(host)] == [
        ("(default)", '"%1" <value>'),
        ("Security Packages", "evil"),
        ("RunAsPPL", None),
        ("DisableSR", "<value>"),
    ]


def test_what_two_people_have_is_told_once() -> None:
    person: Tree = {rf"Software\{WINDOWS}\Explorer\Advanced": {"Hidden": 1}}
    assert len(rows(windows(None, person, person))) == 1


def test_a_key_that_cannot_be_read_costs_only_itself() -> None:
    host = windows(
        {rf"{CONTROL}\Lsa": {"RunAsPPL": 1}, rf"SOFTWARE\{NT}\SystemRestore": {"DisableSR": 1}},
        refused=(rf"{CONTROL}\Lsa",),
    )
    assert [row[0] for row in rows(host)] == ["restore"]
    assert [each.reason for each in read(host) if isinstance(each, Unread)] == ["not permitted"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.name}-{rule.paths[0]}")
def test_every_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z_]+", rule.name)
    assert re.fullmatch(r"T\d{4}(?:\.\d{3})?", rule.technique)
    assert len(rule.reason) > 10
    assert rule.keys("HKLM") or rule.keys("HKCU")
    for hive, beginnings in (
        ("HKLM", ("SOFTWARE\\", "SYSTEM\\CurrentControlSet\\")),
        ("HKCU", ("Software\\", "SOFTWARE\\", "Environment", "Control Panel\\")),
    ):
        assert all(path.startswith(beginnings) for path in rule.keys(hive))
    # A rule without names takes all that a key holds, so its key must hold nothing else.
    if not rule.names:
        assert rule.held in {Held.COMMAND, Held.NAMES}


def test_no_rule_reads_a_password() -> None:
    secrets = re.compile(
        "defaultpassword|cachedlogons|secret|\\\\sam\\\\|\\\\policy\\\\", re.IGNORECASE
    )
    for rule in rules():
        assert not any(secrets.search(text) for text in (*rule.paths, *rule.names))


def test_a_value_is_a_command_line() -> None:
    host = windows({rf"{CONTROL}\SafeBoot": {"AlternateShell": "cmd.exe --token=secret"}})
    (record,) = [each for each in read(host) if isinstance(each, RegistryRecord)]
    assert isinstance(record.value, Command)
    assert record.technique.value == "T1562.009"
    assert record.value.value == "cmd.exe --token=<value>"
