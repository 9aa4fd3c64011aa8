"""Where files say that they came from: as browsers, curl, wget and Windows write it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.host.linux.origins import origin

ZONE = b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://example.org/zone\r\n"


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, None),
        ({"user.xdg.origin.url": b"https://example.org/x?y"}, "https://example.org/x?y"),
        ({"user.xdg.origin.url": b"https://example.org/x\0"}, "https://example.org/x"),
        ({"user.xdg.origin.url": b"", "user.xdg.referrer.url": b"https://a.org/"}, "https://a.org/"),
        (
            {"user.xdg.origin.url": b"https://b.org/", "user.xdg.referrer.url": b"https://a.org/"},
            "https://b.org/",
        ),
        ({"user.Zone.Identifier": ZONE}, "https://example.org/zone"),
        ({"user.Zone.Identifier": b"\0\xff", "user.xdg.referrer.url": b"https://a.org/"}, "https://a.org/"),
        ({"user.xdg.origin.url": b"https://example.org/\xff"}, "https://example.org/\ufffd"),
    ],
)  # fmt: skip
def test_is_what_is_written_on_the_file(
    tmp_path: Path, attributes: dict[str, bytes], found: str | None
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    for name, value in attributes.items():
        os.setxattr(path, name, value)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert origin(str(path), descriptor) == found
    finally:
        os.close(descriptor)


def test_a_file_that_can_have_none_has_none() -> None:
    descriptor = os.open("/proc/self/status", os.O_RDONLY)
    try:
        assert origin("/proc/self/status", descriptor) is None
    finally:
        os.close(descriptor)
