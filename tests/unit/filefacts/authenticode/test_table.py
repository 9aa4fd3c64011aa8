"""Certificate tables that are not as they should be: a problem, never an exception."""

from __future__ import annotations

import random
import struct
from functools import cache

import pytest

from tests.unit.filefacts.authenticode.authority import NOW, STAMP, Identity, rsa_key, self_signed
from tests.unit.filefacts.authenticode.signer import (
    ENTRY,
    NESTED,
    Signing,
    Stamping,
    attach,
    attribute,
    entry,
    page_digests,
    program,
)
from vedette.filefacts.authenticode import verify
from vedette.filefacts.facts import SignatureFacts

IMAGE = program()
START = len(IMAGE)


@cache
def home() -> Identity:
    return self_signed("Home Root", key=rsa_key())


@cache
def whole() -> bytes:
    """A file with something of everything."""
    maker = home().issue("Maker")
    stamps = [
        Stamping(home().issue(f"Stamper {token}", [STAMP]), NOW, token) for token in (True, False)
    ]
    inner = Signing(maker, digest="sha1", pages=page_digests(IMAGE, "sha1"))
    outer = Signing(
        maker,
        [home()],
        stamps=stamps,
        pages=page_digests(IMAGE, "sha256"),
        unsigned=[attribute(NESTED, inner.sign(IMAGE))],
    )
    return attach(IMAGE, entry(outer.sign(IMAGE)))


def judged(data: bytes) -> SignatureFacts:
    return verify(data, [home().pem], NOW)


def directed(offset: int, size: int) -> bytes:
    """The whole file with another directory entry."""
    return whole()[:ENTRY] + struct.pack("<II", offset, size) + whole()[ENTRY + 8 :]


def test_the_whole_file_is_right() -> None:
    facts = judged(whole())
    assert (facts.digest_valid, facts.chain, facts.nested) == (True, "trusted", 1)
    assert facts.problems == [
        "nested signature 1: weak digest sha1",
    ]


@pytest.mark.parametrize(
    ("offset", "size", "problem"),
    [
        (0, 64, "certificate table lies where it cannot be"),
        (0x40, 64, "certificate table lies where it cannot be"),
        (1 << 31, 64, "certificate table lies where it cannot be"),
        (START, 1 << 30, "certificate table is cut off"),
        (START, 0xFFFFFFFF, "certificate table is cut off"),
        (START - 8, 4000, "certificate table overlaps a section"),
        (START, 64, "entry of the certificate table is cut off"),
        (START, 8, "entry of the certificate table is cut off"),
        (START, 4, "certificate table holds no signature"),
    ],
)
def test_a_table_somewhere_else(offset: int, size: int, problem: str) -> None:
    facts = judged(directed(offset, size))
    assert facts.present
    assert not facts.digest_valid
    assert problem in facts.problems


@pytest.mark.parametrize("length", [0, 7, 8, 9, 100, 1 << 20, 0xFFFFFFFF])
def test_an_entry_of_the_wrong_length(length: int) -> None:
    data = bytearray(whole())
    data[START : START + 4] = struct.pack("<I", length)
    facts = judged(bytes(data))
    assert facts.present
    assert not facts.digest_valid
    assert facts.problems


def test_an_entry_of_nothing() -> None:
    for content in (b"", b"\0" * 8, b"not a signature.", b"\x30\0"):
        facts = judged(attach(IMAGE, entry(content)))
        assert (facts.present, facts.digest_valid, facts.chain) == (True, None, "none")
        assert any("signature" in problem for problem in facts.problems)


def test_an_unaligned_table_is_named() -> None:
    image = program(b"\x90" * 0x1801)
    facts = judged(attach(image, entry(Signing(home().issue("Maker")).sign(image))))
    assert facts.problems == ["certificate table is not aligned"]


def test_a_huge_table_is_not_read_to_its_end() -> None:
    message = Signing(home().issue("Maker")).sign(IMAGE)
    facts = judged(attach(IMAGE, entry(message, b"\0" * (5 << 20))))
    assert "certificate table is too large to be looked at" in facts.problems
    assert not facts.digest_valid


def test_many_entries_are_not_all_read() -> None:
    facts = judged(attach(IMAGE, *[entry(b"x" * 8)] * 500))
    assert "certificate table has too many entries" in facts.problems


def test_every_length_of_a_file_cut_short_is_judged() -> None:
    for size in range(START, len(whole()), 7):
        facts = judged(whole()[:size])
        assert not facts.digest_valid
        assert facts.present
        assert facts.problems


def test_damaged_tables_never_raise_and_never_pass_with_another_digest() -> None:
    chance = random.Random(20)
    right = judged(whole())
    for _ in range(3000):
        data = bytearray(whole())
        for _ in range(chance.choice((1, 1, 2, 8))):
            place = chance.randrange(START, len(data))
            data[place] = chance.choice((0, 0x30, 0x80, 0x84, 0xFF, chance.randrange(256)))
        if chance.random() < 0.3:
            place = chance.randrange(START, len(data))
            data[place : place + chance.randrange(20)] = chance.randbytes(chance.randrange(20))
        facts = judged(bytes(data))
        if facts.digest_valid and facts.chain == "trusted":
            assert facts.signer == right.signer
            assert facts.timestamp in (None, right.timestamp)
