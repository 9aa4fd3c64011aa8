"""Headers as they stand in the file, whole, cut off or odd."""

from __future__ import annotations

import pytest

from tests.unit.filefacts.forge import ADDRESS, SECTION_AT, Forge, section
from vedette.filefacts.pe.headers import (
    MAX_SECTIONS,
    Directory,
    Headers,
    read_headers,
    signature_offset,
)


def read(content: bytes) -> Headers:
    offset = signature_offset(content)
    assert offset is not None
    return read_headers(content, offset)


@pytest.mark.parametrize("plus", [True, False])
def test_fields_of_both_kinds(plus: bool) -> None:
    headers = read(Forge(b"code", plus=plus, directories={1: (0x1010, 40)}).build())
    assert (headers.plus, headers.machine, headers.timestamp) == (plus, 0x8664, 7)
    assert (headers.linker, headers.entry_point, headers.image_base) == ("14.3", ADDRESS, 0x400000)
    assert (headers.section_alignment, headers.subsystem) == (0x1000, 3)
    assert headers.directory(Directory.IMPORT) == (0x1010, 40)
    assert headers.directory(Directory.CLR) == (0, 0)
    assert headers.problem is None


def test_a_section_is_read_as_declared() -> None:
    (row,) = read(Forge(b"code", virtual_size=9).build()).sections
    assert (row.name, row.virtual_size, row.virtual_address) == (".text", 9, ADDRESS)
    assert (row.raw_size, row.raw_offset, row.flags) == (4, SECTION_AT, 0x60000020)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"/4", "/4"),
        (b"", ""),
        (b"a\0b", "a\0b"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"12345678", "12345678"),
    ],
)
def test_names_of_sections(raw: bytes, name: str) -> None:
    assert read(Forge(b"x", name=raw).build()).sections[0].name == name


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ",
        b"MZ" + bytes(62),
        b"PE\0\0" + bytes(100),
        b"MZ" + bytes(58) + b"\xff\xff\xff\xff",
    ],
)
def test_what_is_no_portable_executable(content: bytes) -> None:
    assert signature_offset(content) is None


def test_headers_that_end_with_the_file_read_as_zero() -> None:
    whole = Forge(b"").build()
    for length in range(68, 400, 7):
        headers = read(whole[:length])
        assert headers.offset == 64
        assert len(headers.directories) <= 16


def test_a_table_that_ends_early_is_a_problem() -> None:
    rows = [section(b".a", 1, 0x1000, 1, 0x200), bytes(40), section(b".b", 1, 0x2000, 1, 0x200)]
    headers = read(Forge(b"x", sections=rows).build())
    assert [row.name for row in headers.sections] == [".a"]
    assert headers.problem == "3 sections are declared, 1 were read"


def test_no_sections_are_no_problem() -> None:
    headers = read(Forge(b"x", sections=[]).build())
    assert (headers.sections, headers.problem) == ((), None)


def test_the_number_of_sections_is_bounded() -> None:
    rows = [section(b"s", 16, 0x1000 * n, 16, 0x200) for n in range(1, MAX_SECTIONS + 100)]
    headers = read(Forge(b"x", sections=rows).build())
    assert len(headers.sections) == MAX_SECTIONS
    assert headers.problem is not None


def test_an_unknown_kind_of_optional_header_is_a_problem() -> None:
    content = bytearray(Forge(b"x").build())
    content[64 + 24 : 64 + 26] = b"\x99\x99"
    assert read(bytes(content)).problem == "the optional header is of no known kind"
