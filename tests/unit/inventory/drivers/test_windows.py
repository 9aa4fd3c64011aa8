"""Drivers of Windows."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.filefacts.forge import Forge
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.drivers import Driver, read
from vedette.testing.host import FakeFiles, FakeHost, Node
from vedette.testing.registry import FakeHive, FakeRegistry

PLACE = r"SYSTEM\CurrentControlSet\Services"
SYS = Forge(b"\xc3", subsystem=1).build()


def windows(services: dict[str, dict[str, Data]], **files: bytes | Node) -> FakeHost:
    tree = {rf"{PLACE}\{name}": values for name, values in services.items()}
    drivers: dict[str, bytes | Node] = {
        f"/Windows/System32/drivers/{name}.sys": content for name, content in files.items()
    }
    return FakeHost(
        platform=Platform.WINDOWS,
        files=FakeFiles(drivers),
        registry=FakeRegistry(FakeHive(tree)),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def rows(host: FakeHost) -> dict[str, Driver]:
    return {each.name.value: each for each in read(host) if isinstance(each, Driver)}


def reasons(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


@pytest.mark.parametrize(
    ("number", "kind"), [(1, "kernel"), (2, "file_system"), (4, "adapter"), (8, "recognizer")]
)
def test_kinds(number: int, kind: str) -> None:
    (driver,) = rows(windows({"x": {"Type": number}})).values()
    assert driver.kind.value == kind


@pytest.mark.parametrize("other", [16, 32, 0x110, 0x60, 0, "1", None])
def test_what_is_no_driver(other: Data) -> None:
    assert rows(windows({"x": {"Type": other}, "y": {}})) == {}


def test_a_driver_and_its_file() -> None:
    host = windows(
        {"disk": {"Type": 1, "Start": 0, "ImagePath": r"System32\drivers\disk.sys"}}, disk=SYS
    )
    driver = rows(host)["disk"]
    values = {name: getattr(driver, name) for name in Driver.__dataclass_fields__}
    assert {name: kind.value for name, kind in values.items() if kind} == {
        "name": "disk",
        "kind": "kernel",
        "start": "boot",
        "image": r"System32\drivers\disk.sys",
        "size": len(SYS),
        "sha256": hashlib.sha256(SYS).digest(),
        "machine": "AMD64",
        "signature": "none",
    }
    assert reasons(host) == []


def test_a_driver_that_names_no_file_has_its_own() -> None:
    driver = rows(windows({"Ntfs": {"Type": 2, "Start": 3}}, Ntfs=SYS))["Ntfs"]
    assert driver.image is None
    assert driver.size is not None
    assert driver.size.value == len(SYS)


def test_files_that_are_missing_or_none_are_said() -> None:
    host = windows(
        {name: {"Type": 1} for name in "abcde"},
        c=b"no driver",
        d=SYS,
        e=b"neither",
    )
    found = rows(host)
    assert set(found) == set("abcde")
    assert [name for name, each in found.items() if each.sha256] == ["d"]
    assert sorted(reasons(host)) == [
        "a driver's file is missing (2)",
        "it is no kernel module (2 files)",
    ]


def test_of_a_registry_alone_no_file_is_missed() -> None:
    host = windows({"a": {"Type": 1, "ImagePath": r"\??\C:\Users\anna\a.sys"}})
    assert reasons(host) == []
    image = rows(host)["a"].image
    assert image is not None
    assert image.value == r"\??\<home>\a.sys"
