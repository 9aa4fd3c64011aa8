"""The mark on what was downloaded under Windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.formats.zone_identifier import ZoneIdentifier, parse

USUAL = (
    "[ZoneTransfer]\r\nZoneId=3\r\nReferrerUrl=https://example.org/\r\n"
    "HostUrl=https://example.org/tool.exe?a=b\r\n"
)
READ = ZoneIdentifier(3, "https://example.org/tool.exe?a=b", "https://example.org/")


@pytest.mark.parametrize(
    "data",
    [
        USUAL.encode(),
        USUAL.encode("utf-16"),
        b"\xef\xbb\xbf" + USUAL.encode(),
        USUAL.replace("\r\n", "\n").encode(),
        USUAL.replace("ZoneTransfer", "ZONETRANSFER").replace("HostUrl", "HOSTURL").encode(),
        ("[Other]\r\nHostUrl=https://other.org/\r\n" + USUAL).encode(),
        (USUAL + "[Other]\r\nHostUrl=https://other.org/\r\n").encode(),
        (USUAL + "HostUrl=https://second.org/\r\n").encode(),
        USUAL.replace("=", " = ", 3).encode(),
        USUAL.encode() + b"\0" * 32,
    ],
)  # fmt: skip
def test_is_read(data: bytes) -> None:
    assert parse(data) == READ


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"[ZoneTransfer]\r\nZoneId=3\r\n", ZoneIdentifier(3, None, None)),
        (b"[ZoneTransfer]\nZoneId=3\nHostUrl=about:internet\n", ZoneIdentifier(3, None, None)),
        (b"[ZoneTransfer]\nZoneId=three\nHostUrl=\n", ZoneIdentifier(None, None, None)),
        (b"[ZoneTransfer]\nLastWriterPackageFamilyName=x\n", ZoneIdentifier(None, None, None)),
        (b"ZoneId=3\nHostUrl=https://example.org/\n", None),
        (b"", None),
    ],
)
def test_what_is_not_there_is_none(data: bytes, read: ZoneIdentifier | None) -> None:
    assert parse(data) == read


@given(st.one_of(st.binary(), st.binary().map(lambda rest: b"[ZoneTransfer]\n" + rest)))
def test_garbage_never_raises(data: bytes) -> None:
    assert isinstance(parse(data), ZoneIdentifier | None)
