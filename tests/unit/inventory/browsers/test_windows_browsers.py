"""Browsers and mail clients of Windows: what is registered, and where their versions are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.facts.record import Platform
from vedette.inventory import Unread, browsers, mail_clients
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry, Tree

SHARED = Path(__file__).parents[5] / "shared" / "data"
INTERNET = r"Clients\StartMenuInternet"
UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
PATHS = r"Microsoft\Windows\CurrentVersion\App Paths"
FIREFOX = r"C:\Program Files\Mozilla Firefox\firefox.exe"
Row = tuple[str, str | None, str | None, str | None]


def windows(machine: Tree, *users: Tree) -> FakeHost:
    registry = FakeRegistry(
        FakeHive({rf"SOFTWARE\{path}": values for path, values in machine.items()}),
        [
            FakeHive({rf"Software\{path}": values for path, values in tree.items()})
            for tree in users
        ],
    )
    return FakeHost(platform=Platform.WINDOWS, registry=registry)


def rows(host: FakeHost, item: str = "browsers") -> list[Row]:
    read = {"browsers": browsers.read, "mail_clients": mail_clients.read}[item]
    return [
        (
            each.name.value,
            each.id.value if each.id else None,
            each.version.value if each.version else None,
            each.publisher.value if each.publisher else None,
        )
        for each in read(host)
        if isinstance(each, browsers.Browser | mail_clients.MailClient)
    ]


def client(key: str, name: str, program: str) -> Tree:
    return {
        rf"{INTERNET}\{key}": {"": name},
        rf"{INTERNET}\{key}\shell\open\command": {"": f'"{program}"'},
    }


def test_a_version_among_what_can_be_uninstalled() -> None:
    host = windows(
        {
            **client("Firefox-308046B0AF4A39CB", "Mozilla Firefox", FIREFOX),
            rf"{UNINSTALL}\Mozilla Thunderbird": {
                "DisplayName": "Mozilla Firefox Extras",
                "DisplayVersion": "9",
            },
            rf"{UNINSTALL}\Mozilla Firefox 120.0 (x64 en-US)": {
                "DisplayName": "Mozilla Firefox (x64 en-US)",
                "DisplayVersion": "120.0",
            },
        }
    )
    assert rows(host) == [("Mozilla Firefox", "Firefox-308046B0AF4A39CB", "120.0", "Mozilla")]


def test_the_folder_tells_more_than_the_name() -> None:
    host = windows(
        {
            **client("Surfer", "Surfer", r"D:\Surf\surf.exe"),
            rf"{UNINSTALL}\a": {"DisplayName": "Surfer", "DisplayVersion": "1"},
            rf"WOW6432Node\{UNINSTALL}\b": {
                "DisplayName": "Something",
                "DisplayVersion": "2",
                "Publisher": "Surf Ltd",
                "InstallLocation": "D:\\Surf\\",
            },
        }
    )
    assert rows(host) == [("Surfer", "Surfer", "2", "Surf Ltd")]


def test_a_version_in_the_makers_keys_also_of_a_user() -> None:
    host = windows(
        {
            **client("IEXPLORE.EXE", "Internet Explorer", r"C:\Program Files\IE\iexplore.exe"),
            r"Microsoft\Internet Explorer": {"Version": "9.11", "svcVersion": "11.789.19041.0"},
            **client("Google Chrome", "Google Chrome", r"C:\g\chrome.exe"),
            rf"{INTERNET}\Microsoft Edge\Capabilities": {"ApplicationName": "Microsoft Edge"},
            rf"{INTERNET}\Microsoft Edge\shell\open\command": {"": r"C:\e\msedge.exe"},
            r"WOW6432Node\Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}": {
                "pv": "119.0.2151.58"
            },
        },
        {r"Google\Chrome\BLBeacon": {"version": "119.0.6045.160"}},
    )
    assert [row[:3] for row in rows(host)] == [
        ("Internet Explorer", "IEXPLORE.EXE", "11.789.19041.0"),
        ("Google Chrome", "Google Chrome", "119.0.6045.160"),
        ("Microsoft Edge", "Microsoft Edge", "119.0.2151.58"),
    ]


def test_known_programs_that_only_can_be_started() -> None:
    host = windows(
        {
            rf"{PATHS}\vivaldi.exe": {"": r"C:\v\vivaldi.exe"},
            rf"{PATHS}\OUTLOOK.EXE": {"": r"C:\o\OUTLOOK.EXE"},
            rf"{PATHS}\notepad.exe": {"": r"C:\n.exe"},
            r"Microsoft\Office\ClickToRun\Configuration": {"VersionToReport": "16.0.17029.20068"},
        }
    )
    assert rows(host) == [("Vivaldi", "vivaldi.exe", None, "Vivaldi Technologies")]
    assert rows(host, "mail_clients") == [
        ("Microsoft Outlook", "OUTLOOK.EXE", "16.0.17029.20068", "Microsoft Corporation")
    ]


def test_what_a_registration_says_of_a_person_goes() -> None:
    suffix = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    host = windows(
        {},
        client(f"Google Chrome.{suffix}", f"Google Chrome.{suffix}", r"C:\Users\a\c\chrome.exe"),
        client("Firefox-1234567890ABCDEF", "Mozilla Firefox", r"C:\Users\a\f\firefox.exe"),
    )
    assert [row[:2] for row in rows(host)] == [
        ("Google Chrome", "Google Chrome"),
        ("Mozilla Firefox", "Firefox"),
    ]


def test_mail_clients_by_their_registration() -> None:
    host = windows(
        {
            r"Clients\Mail": {"": "Native Mail Client"},
            r"Clients\Mail\Microsoft Outlook": {"": "Microsoft Outlook"},
            r"Clients\Mail\Hotmail": {"": "@C:\\windows\\system32\\x.dll,-1"},
        }
    )
    assert rows(host, "mail_clients") == [
        ("Microsoft Outlook", "Microsoft Outlook", None, "Microsoft Corporation"),
        ("Hotmail", "Hotmail", None, None),
    ]


def test_users_with_the_same_browser_are_not_counted() -> None:
    own = client("Brave", "Brave", r"C:\Users\x\brave.exe")
    assert len(rows(windows({}, own, own))) == 1


def test_a_refused_hive_costs_only_itself() -> None:
    host = windows({}, client("Brave", "Brave", r"C:\Users\x\brave.exe"))
    host.registry = FakeRegistry(FakeHive(refused=["SOFTWARE"]), host.registry.users())
    found = list(browsers.read(host))
    assert [each.reason for each in found if isinstance(each, Unread)] == ["not permitted"]
    assert len(found) == 2


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared set is not here")
def test_a_version_in_the_file_itself() -> None:
    host = windows(client("Sig", "Sig", r"C:\Tools\sigcheck.exe"))
    program = (SHARED / "pe" / "signify_sigcheck.exe").read_bytes()
    host.files = FakeFiles({"/Tools/sigcheck.exe": program})
    ((_, _, version, publisher),) = rows(host)
    assert version == "2.60"
    assert publisher == "Sysinternals - www.sysinternals.com"


def test_what_is_in_reach_of_files_but_cannot_be_read_is_only_not_known() -> None:
    host = windows(client("Brave", "Brave", r"C:\Tools\brave.exe"))
    host.files = FakeFiles({"/Tools/brave.exe": b"not a program"})
    assert rows(host) == [("Brave", "Brave", None, "Brave Software")]
