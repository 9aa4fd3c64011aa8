"""Shell links, made here as [MS-SHLLINK] has them."""

from __future__ import annotations

import contextlib
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import Unreadable
from vedette.formats.shell_link import ShellLink, target

CLASS = bytes.fromhex("0114020000000000c000000000000046")


def read(data: bytes) -> ShellLink:
    descriptor = os.memfd_create("link")
    try:
        os.write(descriptor, data)
        return target(descriptor)
    finally:
        os.close(descriptor)


def texts(*each: str) -> bytes:
    return b"".join(struct.pack("<H", len(t)) + t.encode("utf-16-le") for t in each)


def info(base: str, wide: bool = False) -> bytes:
    """Where a target lies on a volume."""
    head = 0x24 if wide else 0x1C
    narrow = base.encode("cp1252", "replace") + b"\0\0"
    suffix = head + len(narrow) - 1
    body = narrow
    more = b""
    if wide:
        at = head + len(narrow)
        body += base.encode("utf-16-le") + bytes(4)
        more = struct.pack("<2I", at, at + len(base) * 2 + 2)
    size = head + len(body)
    return struct.pack("<7I", size, head, 1, 0, head, 0, suffix) + more + body


def link(flags: int, *parts: bytes) -> bytes:
    return (struct.pack("<I", 0x4C) + CLASS + struct.pack("<I", flags)).ljust(
        0x4C, b"\0"
    ) + b"".join(parts)


IDS = struct.pack("<H", 4) + b"\x04\0ab"
FULL = link(
    0x1 | 0x2 | 0x4 | 0x20 | 0x40 | 0x80,
    IDS,
    info("C:\\Program Files\\x.exe"),
    texts("what it is", "-a --token=b", "icon.ico"),
    bytes(4),
)


def test_a_link() -> None:
    assert read(FULL) == ShellLink("C:\\Program Files\\x.exe", "-a --token=b")


def test_names_beyond_the_code_page() -> None:
    assert read(link(0x2, info("C:\\Ünï 桌面\\x.exe", wide=True))).path == "C:\\Ünï 桌面\\x.exe"


def test_a_target_with_variables() -> None:
    block = b"".ljust(260, b"\0") + "%windir%\\x.exe".encode("utf-16-le").ljust(520, b"\0")
    more = struct.pack("<2I", len(block) + 8, 0xA0000001) + block
    assert read(link(0x80, struct.pack("<2I", 8, 0xA0000005), more)).path == "%windir%\\x.exe"


def test_what_leads_to_no_file() -> None:
    assert read(link(0x80)) == ShellLink()
    assert read(link(0x8 | 0x80, texts("..\\x.exe"))).path == "..\\x.exe"


@pytest.mark.parametrize("data", [b"", b"MZ" * 100, FULL[:0x4C], FULL[: len(FULL) // 2]])
def test_what_is_none_or_damaged(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(data)


@given(st.integers(20, len(FULL) - 1), st.binary(min_size=1, max_size=8))
def test_damage_is_said_or_survived(at: int, what: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(read(FULL[:at] + what + FULL[at + len(what) :]), ShellLink)
