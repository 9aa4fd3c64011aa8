"""The operating system, as os-release and locale files of many makers tell it."""

from __future__ import annotations

import pytest

from vedette.catalogue import discover
from vedette.facts.privacy import PrivateNames
from vedette.host import Kernel
from vedette.inventory import Unread
from vedette.inventory.operating_system import OperatingSystem, read
from vedette.testing.host import FakeFiles, FakeFolder, FakeHost, Node

DEBIAN = b"""\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
"""


def system(tree: dict[str, bytes | Node], **host: object) -> OperatingSystem:
    made = FakeHost(files=FakeFiles(tree), **host)  # type: ignore[arg-type]
    (found,) = (each for each in read(made) if not isinstance(each, Unread))
    assert isinstance(found, OperatingSystem)
    return found


def named(release: bytes) -> str | None:
    name = system({"/etc/os-release": release}).name
    return name.value if name else None


def test_debian() -> None:
    found = system({"/etc/os-release": DEBIAN, "/etc/default/locale": b"LANG=de_AT.UTF-8\n"})
    row = discover().schemas["operating_system"].row(found)
    assert row == {
        "family": "linux",
        "name": "Debian GNU/Linux 12 (bookworm)",
        "version": "12",
        "build": "6.1.0-test",
        "architecture": "x86_64",
        "region": "AT",
    }


# os-release(5): shell-compatible assignments, quoting and escapes included.
QUOTING = {
    b"NAME=Fedora": "Fedora",
    b'NAME="Red Hat Enterprise Linux"': "Red Hat Enterprise Linux",
    b"NAME='Arch Linux'": "Arch Linux",
    b'NAME="Bob\\"s \\$ Linux"': 'Bob"s $ Linux',
    b'NAME="it\'s"': "it's",
    b"NAME=Two\\ Words": "Two Words",
    b"  NAME=Indented  ": "Indented",
    b"#NAME=Comment\nNAME=Real": "Real",
    b"NAME=First\nNAME=Last": "Last",
    b"NAME=Name\nPRETTY_NAME=": "Name",
    b'NAME=Name\r\nPRETTY_NAME="Pretty"\r\n': "Pretty",
    b'NAME="unclosed': '"unclosed',
    b'NAME="': '"',
    b"NAME=caf\xe9": "caf\ufffd",
    b"NAME=Stra\xc3\x9fe": "Stra\N{LATIN SMALL LETTER SHARP S}e",
    b"NAME": None,
    b"\xff\xfe\x00": None,
    b"NAME=" + b"x" * 300: "x" * 259 + "…",
}


@pytest.mark.parametrize("release", QUOTING)
def test_quoting(release: bytes) -> None:
    assert named(release) == QUOTING[release]


REGIONS = {
    b"LANG=en_GB.UTF-8": "GB",
    b'LANG="pt_BR"': "BR",
    b"LANG=de_DE@euro": "DE",
    b"LANG=C.UTF-8": None,
    b"LANG=POSIX": None,
    b"LANG=eo": None,
    b"LANG=en_GB\nLC_ALL=fr_CA.UTF-8": "CA",
    b"LANG=en_GB\nLC_IDENTIFICATION=nl_BE": "BE",
    b"LANG=en_gb": None,
    b"LANG=../../etc": None,
    b"": None,
}


@pytest.mark.parametrize("locale", REGIONS)
def test_regions(locale: bytes) -> None:
    region = system({"/etc/os-release": DEBIAN, "/etc/locale.conf": locale}).region
    assert (region and region.value) == REGIONS[locale]


def test_the_vendor_s_file_serves_where_the_administrator_s_is_missing() -> None:
    assert named(DEBIAN)
    found = system({"/usr/lib/os-release": DEBIAN})
    assert found.version is not None


@pytest.mark.parametrize(
    ("tree", "refused", "reason"),
    [
        ({}, frozenset(), "missing"),
        ({"/etc/os-release": DEBIAN}, frozenset({"/etc/os-release"}), "not permitted"),
        ({"/etc/os-release": FakeFolder()}, frozenset(), "not a regular file"),
        ({"/etc/os-release": b"x" * 70_000}, frozenset(), "too large"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_rest_told(
    tree: dict[str, bytes | Node], refused: frozenset[str], reason: str
) -> None:
    unread, found = read(FakeHost(files=FakeFiles(tree, refused)))
    assert unread == Unread("operating_system", reason)
    assert isinstance(found, OperatingSystem)
    assert found.family.value == "linux"
    assert found.name is None


def test_an_image_whose_kernel_is_unknown() -> None:
    found = system({"/etc/os-release": DEBIAN}, running=Kernel(None, None))
    assert found.build is None
    assert found.architecture is None


def test_whose_system_it_is_is_not_told() -> None:
    release = b'NAME="Kiste\'s Linux"\nVERSION_ID=12-kiste'
    found = system(
        {"/etc/os-release": release},
        private=PrivateNames(computers=frozenset({"kiste"})),
        running=Kernel("6.1.0-kiste", "x86_64"),
    )
    told = [value.value for value in (found.name, found.version, found.build) if value]
    assert told == ["<computer>'s Linux", "12-<computer>", "6.1.0-<computer>"]
