"""Components of Active Setup."""

from __future__ import annotations

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.active_setup import Component, read
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

PLACE = r"Microsoft\Active Setup\Installed Components"
CHROME, MAIL = "{8A69D345-D564-463c-AFF1-A69D9E530F96}", ">{881dd1c5-3dcf-431b-b061-f3f88e8be88a}"
MACHINE: dict[str, dict[str, Data]] = {
    rf"SOFTWARE\{PLACE}\{CHROME}": {
        "": "Google Chrome",
        "Version": "43,0,0,0",
        "StubPath": r'"C:\Program Files\Google\chrmstp.exe" --system-level --token=secret',
        "IsInstalled": 1,
    },
    rf"SOFTWARE\{PLACE}\{CHROME}\Below": {"": "no component"},
    rf"SOFTWARE\WOW6432Node\{PLACE}\{MAIL}": {"": "", "Version": 2, "StubPath": ""},
}
PERSON: dict[str, dict[str, Data]] = {
    rf"Software\{PLACE}\{CHROME}": {"Version": "43,0,0,0", "Username": "anna"},
    rf"Software\{PLACE}\{{OF anna}}": {"StubPath": r"C:\Users\anna\evil.exe"},
}


def windows(machine: FakeHive, *people: FakeHive) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        registry=FakeRegistry(machine, people),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def rows(host: FakeHost) -> list[tuple[str | None, ...]]:
    return [
        (
            each.id.value,
            each.name.value if each.name else None,
            each.version.value if each.version else None,
            each.stub.value if each.stub else None,
        )
        for each in read(host)
        if isinstance(each, Component)
    ]


def test_components_of_the_computer_and_of_users() -> None:
    first, *rest = rows(windows(FakeHive(MACHINE), FakeHive(PERSON), FakeHive(PERSON)))
    assert first[:3] == (CHROME, "Google Chrome", "43,0,0,0")
    stub = first[3] or ""
    assert r"C:\Program Files\Google\chrmstp.exe" in stub
    assert "--system-level" in stub
    assert "secret" not in stub
    assert rest == [
        (MAIL, None, None, None),
        (CHROME, None, "43,0,0,0", None),
        ("{OF <user>}", None, None, r"<home>\evil.exe"),
    ]


def test_what_cannot_be_read_is_said() -> None:
    host = windows(FakeHive(MACHINE, damage=["a key is damaged"]), FakeHive(refused=["Software"]))
    assert len(rows(host)) == 2
    assert [each for each in read(host) if isinstance(each, Unread)] == [
        Unread("active_setup", "a key is damaged"),
        Unread("active_setup", "not permitted"),
    ]
