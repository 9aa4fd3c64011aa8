"""Printing extensions of Windows."""

from __future__ import annotations

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.print_extensions import PrintExtension, read
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

PRINT = r"SYSTEM\CurrentControlSet\Control\Print"
TREE: dict[str, dict[str, Data]] = {
    rf"{PRINT}\Monitors\Local Port": {"Driver": "localspl.dll"},
    rf"{PRINT}\Monitors\Appmon": {"Driver": "AppMon.dll"},
    rf"{PRINT}\Monitors\Appmon\Ports\Anna's printer": {"Driver": "no monitor.dll"},
    rf"{PRINT}\Monitors\Broken": {"Driver": 7},
    rf"{PRINT}\Monitors\Of anna": {"Driver": r"C:\Users\anna\AppData\evil.dll"},
    rf"{PRINT}\Providers": {"order": ("LanMan Print Services",)},
    rf"{PRINT}\Providers\LanMan Print Services": {"Name": "win32spl.dll"},
    rf"{PRINT}\Providers\LanMan Print Services\Servers": {"Name": "no provider"},
    rf"{PRINT}\Environments\Windows x64": {"Directory": "x64"},
    rf"{PRINT}\Environments\Windows x64\Print Processors\winprint": {"Driver": "winprint.dll"},
    rf"{PRINT}\Environments\Windows NT x86\Print Processors\winprint": {"Driver": "winprint.dll"},
    rf"{PRINT}\Environments\Windows ARM64\Print Processors\winprint": {},
    rf"{PRINT}\Environments\Windows IA64\Drivers\Version-3\A Printer": {"Driver": "x.dll"},
}


def windows(hive: FakeHive) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        registry=FakeRegistry(hive),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def rows(host: FakeHost) -> list[tuple[str, str, str | None, str | None]]:
    return sorted(
        (
            (
                each.role.value,
                each.name.value,
                each.library.value if each.library else None,
                each.environment.value if each.environment else None,
            )
            for each in read(host)
            if isinstance(each, PrintExtension)
        ),
        key=str,
    )


def test_monitors_providers_and_processors() -> None:
    assert rows(windows(FakeHive(TREE))) == [
        ("monitor", "Appmon", "AppMon.dll", None),
        ("monitor", "Broken", None, None),
        ("monitor", "Local Port", "localspl.dll", None),
        ("monitor", "Of <user>", r"<home>\AppData\evil.dll", None),
        ("processor", "winprint", "winprint.dll", "Windows NT x86"),
        ("processor", "winprint", "winprint.dll", "Windows x64"),
        ("processor", "winprint", None, "Windows ARM64"),
        ("provider", "LanMan Print Services", "win32spl.dll", None),
    ]


def test_nothing_where_nothing_is_registered() -> None:
    assert list(read(windows(FakeHive()))) == []


def test_what_cannot_be_read_costs_only_itself() -> None:
    host = windows(FakeHive(TREE, refused=[rf"{PRINT}\Monitors"], damage=["a list is damaged"]))
    found = list(read(host))
    reasons = [each.reason for each in found if isinstance(each, Unread)]
    assert "not permitted" in reasons
    assert "a list is damaged" in reasons
    assert {each.role.value for each in found if isinstance(each, PrintExtension)} == {
        "provider",
        "processor",
    }
