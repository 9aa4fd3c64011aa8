"""The registry of a running Windows, over a stand-in for ``winreg``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.host.windows.stand_ins import FakeWinreg
from vedette.errors import Unreadable, Unsupported
from vedette.host.offline.names import PROFILES
from vedette.host.registry import Value
from vedette.host.windows.registry import LiveRegistry

ANNA, BODIL = "S-1-5-21-11-22-33-1001", "S-1-5-21-11-22-33-1002"
SPOOLER = r"HKLM\SYSTEM\CurrentControlSet\Services\Spooler"
TREE: dict[str, dict[str, tuple[Any, int]]] = {
    SPOOLER: {
        "Start": (2, 4),
        "ImagePath": (r"%SystemRoot%\System32\spoolsv.exe", 2),
        "DependOnService": (["RPCSS", "http"], 7),
        "FailureActions": (b"\x10\x0e", 3),
        "Empty": (None, 3),
        "Deep": (1 << 40, 11),
    },
    rf"{SPOOLER}\Performance": {"Open": ("x", 1)},
    r"HKLM\SYSTEM\CurrentControlSet\Services\Closed": {},
    rf"HKLM\{PROFILES}\S-1-5-18": {},
    rf"HKLM\{PROFILES}\{ANNA}": {},
    rf"HKLM\{PROFILES}\{BODIL}": {},
    rf"HKU\{ANNA}\Software\Test": {"Whose": ("anna", 1)},
    rf"HKU\{ANNA}_Classes\CLSID": {},
    r"HKU\.DEFAULT\Software\Test": {"Whose": ("system", 1)},
    r"HKU\S-1-5-20\Software": {},
    r"HKU\S-1-5-80-1-2-3-4-5\Software": {},
}


def test_values_have_our_types() -> None:
    winreg = FakeWinreg(TREE)
    key = LiveRegistry(winreg).machine.key(r"system\currentcontrolset\services\spooler")
    assert key is not None
    assert key.values == (
        Value("Start", 4, 2),
        Value("ImagePath", 2, r"%SystemRoot%\System32\spoolsv.exe"),
        Value("DependOnService", 7, ("RPCSS", "http")),
        Value("FailureActions", 3, b"\x10\x0e"),
        Value("Empty", 3, b""),
        Value("Deep", 11, 1 << 40),
    )
    assert key.written == datetime(2022, 6, 18, 4, 26, 40, tzinfo=UTC)
    assert not key.keys
    assert winreg.open == 0
    assert winreg.rights == {0x20119}  # to read, in the 64-bit view, and nothing else


def test_levels_below_are_those_asked_for() -> None:
    machine = LiveRegistry(FakeWinreg(TREE)).machine
    services = machine.key(r"SYSTEM\CurrentControlSet\Services", 1)
    assert services is not None
    assert [key.name for key in services.keys] == ["Spooler", "Closed"]
    assert not services.keys[0].keys
    assert services.keys[0].number("start") == 2
    deeper = machine.key(r"SYSTEM\CurrentControlSet\Services", 2)
    assert deeper is not None
    assert deeper.key(r"Spooler\Performance") is not None


def test_what_cannot_be_read_is_damage_of_what_can() -> None:
    winreg = FakeWinreg(
        TREE,
        refused=[r"HKLM\SYSTEM\CurrentControlSet\Services\Closed"],
        broken=[r"HKLM\SYSTEM\CurrentControlSet\Services\Spooler"],
        vanishing=[rf"{SPOOLER}\Performance"],
    )
    machine = LiveRegistry(winreg).machine
    services = machine.key(r"SYSTEM\CurrentControlSet\Services", 2)
    assert services is not None
    assert services.damage == ("not permitted", "the registry cannot be read")
    assert services.keys[0].number("Start") == 2
    assert not services.keys[0].keys  # deleted meanwhile: no loss
    with pytest.raises(Unreadable, match="not permitted"):
        machine.key(r"SYSTEM\CurrentControlSet\Services\Closed")
    assert winreg.open == 0


def test_no_key_is_none_and_no_name_is_a_reason() -> None:
    machine = LiveRegistry(FakeWinreg(TREE)).machine
    assert machine.key(r"SYSTEM\Nothing") is None
    with pytest.raises(Unreadable, match="no name of a key"):
        machine.key("SYSTEM\\\0")


def test_users_are_people_and_the_systems_own_accounts() -> None:
    users = LiveRegistry(FakeWinreg(TREE)).users()
    whose = []
    for hive in users[:3]:
        key = hive.key(r"Software\Test")
        whose.append(key.text("Whose") if key else None)
    assert sorted(whose, key=str) == [None, "anna", "system"]


def test_who_is_not_logged_on_is_told_last_and_read_by_nobody() -> None:
    users = LiveRegistry(FakeWinreg(TREE)).users()
    assert len(users) == 4
    with pytest.raises(Unreadable, match="not logged on"):
        users[-1].key("Software")


def test_users_that_cannot_be_told() -> None:
    with pytest.raises(Unreadable, match="not permitted"):
        LiveRegistry(FakeWinreg(TREE, refused=["HKU"])).users()


@pytest.mark.skipif(sys.platform == "win32", reason="here is a registry")
def test_elsewhere_there_is_none() -> None:
    with pytest.raises(Unsupported):
        LiveRegistry()
