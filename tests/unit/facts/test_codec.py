"""The codec: envelopes there and back, and bodies that are none."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import (
    EnvelopeBomb,
    EnvelopeMalformed,
    EnvelopeTooLarge,
    EnvelopeTruncated,
    FactError,
)
from vedette.facts.codec import MAX_BODY, MAX_UNPACKED, decode, encode, unpack
from vedette.facts.envelope import MAX_BATCHES, MAX_FIELDS, Batch, Envelope, column

LABELS = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    LABELS,
    st.binary(max_size=40),
    st.lists(LABELS, max_size=3),
    st.dictionaries(LABELS, st.integers(0, 9), max_size=3),
)
BATCHES = st.builds(
    Batch,
    item=LABELS,
    fields=st.lists(LABELS, max_size=3),
    columns=st.lists(st.lists(VALUES, max_size=6).map(column), max_size=3),
)
ENVELOPES = st.builds(
    Envelope,
    install=LABELS,
    product=LABELS,
    receipt=LABELS,
    terms=LABELS,
    sequence=st.integers(1, 2**62),
    batches=st.lists(BATCHES, max_size=3),
)
GOOD = Envelope(
    "0123456789abcdef",
    "vedette/0.1",
    "receipt-1",
    "ab" * 32,
    7,
    [Batch("services", ["name"], [column([f"unit-{number}" for number in range(200)])])],
)
BODY = encode(GOOD)
PLAIN = unpack(BODY)


def framed(plain: bytes, **options: int) -> bytes:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, **options)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(plain)


def packed(**changes: object) -> bytes:
    return framed(msgspec.msgpack.encode({**msgspec.msgpack.decode(PLAIN), **changes}))


def a_batch(**changes: object) -> bytes:
    batch = {"item": "services", "fields": ["name"], "columns": [["x"]], **changes}
    return packed(batches=[batch])


def window(size: int) -> bytes:
    """A frame that states a small content and wants a window of ``size`` bytes (RFC 8878, section 3.1.1.1)."""
    descriptor = ((size.bit_length() - 1 - 10) << 3).to_bytes()
    return zstandard.FRAME_HEADER + b"\x80" + descriptor + struct.pack("<I", 1) + b"\x09\x00\x00x"


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


@given(envelope=ENVELOPES)
def test_round_trip(envelope: Envelope) -> None:
    decoded = decode(encode(envelope))
    assert msgspec.msgpack.encode(decoded) == msgspec.msgpack.encode(envelope)
    assert decoded.sequence == envelope.sequence


@pytest.mark.parametrize("length", range(len(BODY)))
def test_a_body_cut_anywhere_is_truncated(length: int) -> None:
    with pytest.raises(EnvelopeTruncated):
        decode(BODY[:length])


@pytest.mark.parametrize("length", range(0, len(PLAIN), 37))
def test_an_envelope_cut_inside_a_whole_frame(length: int) -> None:
    with pytest.raises(EnvelopeMalformed):
        decode(framed(PLAIN[:length]))


def _wrong_checksum() -> bytes:
    body = bytearray(
        zstandard.ZstdCompressor(write_checksum=True, write_content_size=True).compress(PLAIN)
    )
    body[-1] ^= 1
    return bytes(body)


MALFORMED: dict[str, Callable[[], bytes]] = {
    "not zstd": lambda: b"hello, world",
    "gzip": lambda: b"\x1f\x8b\x08\x00" + bytes(20),
    "plain MessagePack": lambda: PLAIN,
    "no content size": lambda: zstandard.ZstdCompressor(write_content_size=False).compress(PLAIN),
    "two frames": lambda: BODY + BODY,
    "an empty frame after it": lambda: BODY + framed(b""),
    "trailing bytes": lambda: BODY + b"\0",
    "a skippable frame": lambda: struct.pack("<II", 0x184D2A50, 4) + b"abcd",
    "a skippable frame before it": lambda: struct.pack("<II", 0x184D2A50, 4) + b"abcd" + BODY,
    "a skippable frame after it": lambda: BODY + struct.pack("<II", 0x184D2A50, 4) + b"abcd",
    "a checksum that does not hold": _wrong_checksum,
    "a dictionary": lambda: zstandard.ZstdCompressor(
        dict_data=zstandard.ZstdCompressionDict(_noise(2000), dict_type=1), write_content_size=True
    ).compress(_noise(2000)),
    "nothing inside": lambda: framed(b""),
    "not MessagePack": lambda: framed(b"\xc1"),
    "JSON": lambda: framed(msgspec.json.encode({"install": "x"})),
    "two envelopes inside": lambda: framed(PLAIN + PLAIN),
    "nested deeply": lambda: framed(b"\x91" * 1_000_000),
    "nested deeply in a column": lambda: framed(
        PLAIN.replace(b"\x91\xdc\x00\xc8", b"\x91" * 100_000, 1)
    ),
    "an array": lambda: framed(msgspec.msgpack.encode([1, 2])),
    "an unknown field": lambda: packed(user="anna"),
    "an unknown field in a batch": lambda: a_batch(user="anna"),
    "a field missing": lambda: framed(msgspec.msgpack.encode({"install": "x"})),
    "a sequence of text": lambda: packed(sequence="7"),
    "a sequence of zero": lambda: packed(sequence=0),
    "a negative sequence": lambda: packed(sequence=-1),
    "a sequence beyond all": lambda: packed(sequence=2**63),
    "a fraction of a sequence": lambda: packed(sequence=7.5),
    "an id that never ends": lambda: packed(install="x" * 1000),
    "text that is not UTF-8": lambda: framed(PLAIN.replace(b"receipt-1", b"receipt-\xff")),
    "batches that are none": lambda: packed(batches="x"),
    "too many batches": lambda: packed(
        batches=[{"item": "x", "fields": [], "columns": []}] * (MAX_BATCHES + 1)
    ),
    "too many fields": lambda: a_batch(fields=["x"] * (MAX_FIELDS + 1)),
    "too many columns": lambda: a_batch(columns=[[]] * (MAX_FIELDS + 1)),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_refuses_as_malformed(case: str) -> None:
    with pytest.raises(EnvelopeMalformed):
        decode(MALFORMED[case]())


BOMBS: dict[str, Callable[[], bytes]] = {
    "one byte too many": lambda: framed(bytes(MAX_UNPACKED + 1)),
    "a thousand to one": lambda: framed(bytes(200 << 20)),
    "a size that is a lie": lambda: (
        framed(b"x" * 300)[:4] + b"\xe0" + b"\xff" * 7 + b"\x7f" + bytes(20)
    ),
    "a huge window": lambda: window(1 << 30),
    "a window just too large": lambda: window(16 << 20),
}


@pytest.mark.parametrize("case", BOMBS)
def test_refuses_as_a_bomb(case: str) -> None:
    with pytest.raises(EnvelopeBomb):
        decode(BOMBS[case]())


def test_a_size_stated_too_small_unpacks_to_no_more() -> None:
    body = bytearray(framed(bytes(1000)))
    # Single segment, two bytes of content size, of which 256 is taken off (RFC 8878, section 3.1.1.1.4).
    assert body[4] & 0xE0 == 0x60
    body[5:7] = (300 - 256).to_bytes(2, "little")
    with pytest.raises(EnvelopeMalformed):
        decode(bytes(body))


def test_what_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(EnvelopeTooLarge):
        decode(b"x" * (MAX_BODY + 1))
    with pytest.raises(EnvelopeTooLarge):
        decode(BODY, max_body=len(BODY) - 1)
    assert decode(BODY, max_body=len(BODY), max_unpacked=len(PLAIN)).sequence == 7
    with pytest.raises(EnvelopeBomb):
        decode(BODY, max_unpacked=len(PLAIN) - 1)


def test_nobody_makes_what_nobody_accepts() -> None:
    batches = [Batch("x", ["y"], [column([_noise(1 << 20)] * 2)])]
    with pytest.raises(EnvelopeTooLarge):
        encode(msgspec.structs.replace(GOOD, batches=batches))
    batches = [Batch("x", ["y"], [column(["a" * 1000] * 10_000)])]
    with pytest.raises(EnvelopeTooLarge):
        encode(msgspec.structs.replace(GOOD, batches=batches))


@given(body=st.binary(max_size=200))
def test_garbage_is_refused_and_nothing_else_happens(body: bytes) -> None:
    for candidate in (body, zstandard.FRAME_HEADER + body, framed(body)):
        with pytest.raises(FactError):
            decode(candidate)


@given(data=st.data())
def test_a_damaged_body_is_an_envelope_or_refused(data: st.DataObject) -> None:
    for good, wrap in ((BODY, bytes), (PLAIN, framed)):
        damaged = bytearray(good)
        for _ in range(data.draw(st.integers(1, 3))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        try:
            decode(wrap(bytes(damaged)))
        except FactError:
            continue
