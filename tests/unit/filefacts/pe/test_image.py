"""Addresses and places in the file."""

from __future__ import annotations

from tests.unit.filefacts.forge import ADDRESS, SECTION_AT, Forge, section
from vedette.filefacts.pe.headers import read_headers
from vedette.filefacts.pe.image import Image


def image(forge: Forge) -> Image:
    content = forge.build()
    return Image(content, read_headers(content, 64))


def test_bytes_of_a_section() -> None:
    seen = image(Forge(b"0123456789"))
    assert seen.read(ADDRESS + 2, 3) == b"234"
    assert seen.offset_of(ADDRESS + 2) == SECTION_AT + 2
    assert seen.section_at(ADDRESS) == 0
    assert seen.text(ADDRESS + 8, 100) == b"89"


def test_what_only_memory_has_is_zero() -> None:
    seen = image(Forge(b"ab", virtual_size=0x1800))
    assert seen.read(ADDRESS + 1, 4) == b"b\0\0\0"
    assert seen.read(ADDRESS + 0x1700, 4) == bytes(4)
    assert seen.offset_of(ADDRESS + 0x1700) is None


def test_a_section_ends_at_its_last_page() -> None:
    seen = image(Forge(b"ab", behind=bytes(8192)))
    assert len(seen.read(ADDRESS + 0xFFE, 100)) == 2


def test_headers_are_mapped_as_they_are() -> None:
    seen = image(Forge(b"ab"))
    assert seen.read(0, 2) == b"MZ"
    assert seen.offset_of(64) == 64
    assert seen.section_at(64) is None


def test_without_sections_the_file_is_the_image() -> None:
    seen = image(Forge(b"ab", sections=[]))
    assert seen.read(SECTION_AT, 2) == b"ab"


def test_nothing_is_mapped_far_away() -> None:
    seen = image(Forge(b"ab"))
    assert seen.read(0xFFFFFF00, 16) == b""
    assert seen.offset_of(0xFFFFFF00) is None


def test_places_are_rounded_down_to_a_sector() -> None:
    row = section(b".a", 0x1000, ADDRESS, 0x10, SECTION_AT + 0x10)
    seen = image(Forge(b"0123456789abcdefXY", sections=[row]))
    assert seen.read(ADDRESS, 4) == b"0123"
    assert seen.raw(seen.headers.sections[0]) == (SECTION_AT, SECTION_AT + 0x10)


def test_addresses_are_rounded_down_to_the_alignment() -> None:
    row = section(b".a", 0x1000, 0x21234, 4, SECTION_AT)
    seen = image(Forge(b"abcd", sections=[row], alignment=0x20000))
    assert seen.read(0x20000, 4) == b"abcd"


def test_a_section_that_reaches_into_the_next_is_cut_off() -> None:
    rows = [
        section(b".a", 0x9000, 0x1000, 4, SECTION_AT),
        section(b".b", 0x1000, 0x2000, 4, SECTION_AT),
    ]
    seen = image(Forge(b"abcd", sections=rows))
    assert (seen.section_at(0x1FFF), seen.section_at(0x2000)) == (0, 1)


def test_raw_parts_stay_within_the_file() -> None:
    rows = [
        section(b".a", 0, 0x1000, 1 << 31, SECTION_AT),
        section(b".b", 0, 0x2000, 10, 1 << 31),
    ]
    seen = image(Forge(b"abcd", sections=rows))
    assert [seen.raw(row) for row in seen.headers.sections] == [
        (SECTION_AT, SECTION_AT + 4),
        (0, 0),
    ]
