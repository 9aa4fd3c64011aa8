"""Databases of rpm: two that rpm itself filled (the SQLite one as rpm 4.18 left it; the Berkeley one from the same
headers by db_load of Berkeley DB 5.3), one laid out as rpmpkg.c writes it, and damaged ones.
"""

from __future__ import annotations

import lzma
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vedette.errors import Unreadable
from vedette.formats.package import Package
from vedette.formats.rpm import header, packages, sqlite
from vedette.formats.rpm.pieces import Pieces

HERE = Path(__file__).parent
SQLITE = lzma.decompress((HERE / "rpmdb.sqlite.xz").read_bytes())
BERKELEY = lzma.decompress((HERE / "Packages.xz").read_bytes())
EXPECTED = {
    Package("alpha", "1.2-3", "Vendor One"),  # an epoch of 0 is none
    Package("beta", "2:4.5~rc1-6.fc39", "Fedora Project"),
    Package("gamma", "7-1", None),
}


@contextmanager
def opened(content: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("database")
    try:
        os.write(descriptor, content)
        yield descriptor
    finally:
        os.close(descriptor)


def read(content: bytes) -> tuple[list[Package], bool]:
    with opened(content) as descriptor:
        answer = packages(descriptor)
    return answer.found, answer.whole


def headers() -> list[bytes]:
    with opened(SQLITE) as descriptor:
        return list(sqlite.blobs(Pieces(descriptor, len(SQLITE)), "Packages"))


def ndb(blobs: list[bytes]) -> bytes:
    """As lib/backend/ndb/rpmpkg.c lays it out."""
    slots = [b"Slot" + bytes(12)] * 254
    blocks = b""
    for number, blob in enumerate(blobs, 1):
        entry = struct.pack("<4sIII", b"BlbS", number, 0, len(blob)) + blob
        entry += bytes(-(len(entry) + 12) % 16) + struct.pack("<II4s", 0, len(blob), b"BlbE")
        at = 256 + len(blocks) // 16
        # A free slot stays between: a package that was removed.
        slots[2 * number] = struct.pack("<4sIII", b"Slot", number, at, len(entry) // 16)
        blocks += entry
    head = struct.pack("<4sIIII12x", b"RpmP", 0, 5, 1, len(blobs) + 1)
    return head + b"".join(slots) + blocks


NDB = ndb(headers())


@pytest.mark.parametrize("content", [SQLITE, BERKELEY, NDB], ids=["sqlite", "berkeley", "ndb"])
def test_every_format_tells_the_packages(content: bytes) -> None:
    found, whole = read(content)
    assert set(found) == EXPECTED
    assert len(found) == len(EXPECTED)
    assert whole


@pytest.mark.parametrize("content", [b"", b"SQLite format 2\0", bytes(4096), b"\x7fELF" * 2000])
def test_what_is_no_database_is_said(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read(content)


@pytest.mark.parametrize("content", [SQLITE, BERKELEY, NDB], ids=["sqlite", "berkeley", "ndb"])
def test_a_database_cut_short_is_not_whole(content: bytes) -> None:
    found, whole = read(content[: len(content) // 2])
    assert set(found) < EXPECTED
    assert not whole or content is BERKELEY  # which does not say how many pages it has


@pytest.mark.parametrize("content", [SQLITE, BERKELEY, NDB], ids=["sqlite", "berkeley", "ndb"])
def test_no_damage_does_more_than_hide_packages(content: bytes) -> None:
    dice = random.Random(4)
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(dice.randrange(1, 40)):
            damaged[dice.randrange(min(len(damaged), 9000))] = dice.randrange(256)
        try:
            found, _ = read(bytes(damaged))
        except Unreadable:
            continue
        assert all(each.name for each in found)


def test_pages_that_lead_in_a_circle_end() -> None:
    page = int.from_bytes(SQLITE[16:18], "big")
    root = bytearray(SQLITE[:page])
    root[100] = 5  # an interior page, whose only child is itself
    root[103:105] = bytes(2)
    root[108:112] = (1).to_bytes(4, "big")
    assert read(bytes(root)) == ([], False)


def test_a_key_is_no_package() -> None:
    assert header.package(_header({1000: b"gpg-pubkey", 1001: b"1", 1002: b"2"})) is None


def test_no_vendor_is_none() -> None:
    found = header.package(_header({1000: b"x", 1001: b"1", 1011: b"(none)"}))
    assert found == Package("x", "1", None)


@pytest.mark.parametrize(
    "blob", [b"", bytes(8), b"\xff" * 64, struct.pack(">IIIiiI", 1, 0, 1000, 6, 99, 1)]
)
def test_a_damaged_header_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="header"):
        header.package(blob)


def _header(tags: dict[int, bytes]) -> bytes:
    index, data = b"", b""
    for tag, value in tags.items():
        index += struct.pack(">IiiI", tag, 6, len(data), 1)
        data += value + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data
