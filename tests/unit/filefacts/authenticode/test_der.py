from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.filefacts.authenticode.signer import oid, tlv
from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der


def test_a_value_knows_its_content_and_its_whole() -> None:
    element, rest = der.read(tlv(0x30, tlv(2, b"\5"), tlv(4, b"abc")) + b"rest")
    assert rest == b"rest"
    number, octets = element.children()
    assert (number.integer(), octets.octets()) == (5, b"abc")
    assert octets.whole == b"\x04\x03abc"


@pytest.mark.parametrize(
    ("encoded", "content"),
    [
        (b"\x04\x81\x01a", b"a"),
        (b"\x04\x84\0\0\0\1a", b"a"),
        (b"\x24\x80\x04\1a\x04\1b\0\0", b"\x04\1a\x04\1b"),
        (b"\x24\x80\x24\x80\x04\1a\0\0\0\0", b"\x24\x80\x04\1a\0\0"),
    ],
)
def test_basic_encoding_is_read(encoded: bytes, content: bytes) -> None:
    assert der.parse(encoded).content == content


def test_an_octet_string_in_parts_is_one() -> None:
    assert der.parse(b"\x24\x80\x04\1a\x04\1b\0\0").octets() == b"ab"


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x30",
        b"\x30\x05ab",
        b"\x30\x85\0\0\0\0\1a",
        b"\x30\x82\1",
        b"\x1f\x81\1\0",
        b"\x04\x80ab\0\0",
        b"\x30\x80\x04\1a",
        b"\x30\x80" * 40 + b"\0\0" * 40,
        b"\x04\1ab",
    ],
)
def test_what_is_not_whole_is_refused(encoded: bytes) -> None:
    with pytest.raises(EncodingInvalid):
        der.parse(encoded)


def test_a_structure_of_endless_parts_is_refused() -> None:
    for encoded in (tlv(0x30, b"\5\0" * 5000), b"\x30\x80" + b"\5\0" * 5000 + b"\0\0"):
        with pytest.raises(EncodingInvalid):
            der.parse(encoded).children()


@pytest.mark.parametrize(
    "dotted", ["1.2.840.113549.1.7.2", "2.5.29.37.0", "0.9.2342", "1.3.14.3.2.26"]
)
def test_object_identifiers(dotted: str) -> None:
    encoded = oid(dotted) if not dotted.startswith("2.") else b"\x06\x04\x55\x1d\x25\x00"
    assert der.parse(encoded).oid() == dotted


@pytest.mark.parametrize(
    ("encoded", "moment"),
    [
        (tlv(0x17, b"260601120000Z"), datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (tlv(0x17, b"500101000000Z"), datetime(1950, 1, 1, tzinfo=UTC)),
        (tlv(0x18, b"20500101000000Z"), datetime(2050, 1, 1, tzinfo=UTC)),
        (tlv(0x18, b"20260601120000.123Z"), datetime(2026, 6, 1, 12, tzinfo=UTC)),
    ],
)
def test_times(encoded: bytes, moment: datetime) -> None:
    assert der.parse(encoded).time() == moment


@pytest.mark.parametrize(
    "encoded",
    [
        tlv(0x17, b"261301120000Z"),
        tlv(0x17, b"260601120000"),
        tlv(4, b"260601120000Z"),
        tlv(0x18, b"00000601120000Z"),
    ],
)
def test_times_that_are_none(encoded: bytes) -> None:
    with pytest.raises(EncodingInvalid):
        der.parse(encoded).time()


def test_fields_are_taken_in_order() -> None:
    fields = der.parse(tlv(0x30, tlv(2, b"\1"), tlv(4, b"x"), tlv(5))).fields()
    assert fields.maybe(der.SEQUENCE) is None
    assert fields.take(der.INTEGER).integer() == 1
    with pytest.raises(EncodingInvalid):
        fields.take(der.INTEGER)
    fields.take()
    assert [part.tag for part in fields.left()] == [5]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    try:
        element, rest = der.read(data)
    except EncodingInvalid:
        return
    assert element.whole + rest == data
    for what in (element.integer, element.oid, element.bits, element.time, element.children):
        try:
            what()
        except EncodingInvalid:
            continue
    element.text()
