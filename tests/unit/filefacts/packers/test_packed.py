"""Packed programs by their layout.

The rows of UPX, MPRESS and ASPack and the beginnings of stubs are those of real files, packed for the purpose; the
layouts of Themida and VMProtect are made after descriptions, for neither was at hand.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import partial

import pytest

from tests.unit.filefacts.packers.views import (
    CONSTANT,
    DATA,
    EMPTY_CODE,
    FINDERS,
    PACKED_CODE,
    compiled,
    name,
    packed,
    renamed,
    section,
)
from vedette.filefacts.packers.rule import Rule
from vedette.filefacts.packers.stubs import STUBS
from vedette.filefacts.packers.view import PackerView

BACK = struct.pack("<i", 0x1000 - 0x2D000).hex()
"""From the second section to the first."""

UPX_STUBS = {
    "32 bits": f"60 be 00d04200 8dbe {BACK} 57 83cdff eb10",
    "32 bits, a library": f"807c240801 0f85b9010000 60 be15d04200 8dbe {BACK} 57",
    "64 bits": f"53 56 57 55 488d3545e5ffff 488dbe {BACK} 57 31db 31c9",
    "64 bits, a library": (
        f"48894c2408 4889542410 4c89442418 80fa01 0f8502020000 "
        f"53 56 57 55 488d35fce5ffff 488dbe {BACK} 57"
    ),
}
MPRESS_STUBS = {
    "32 bits": "60e800000000 58 055a0b0000 8b30 03f0 2bc0 8bfe 66ad c1e00c 8bc8 50 ad",
    "64 bits": "575653515241 50 488d05de0a0000 488b30 4803f0 482bc0 488bfe 66ad c1e00c 488bc8",
}
ASPACK_STUB = "60 e803000000 e9eb045d4555c3 e801000000 eb5d bbedffffff"
PUSH_AND_CALL = "68 0a0b0c0d e8 11223300"


def upx(code: str = "", *, back: int = 0) -> PackerView:
    return packed(
        section("UPX0", 0x1000, 0, EMPTY_CODE, 0.0, virtual=0x2C000),
        section("UPX1", 0x2D000 + back, 0x1DE00, PACKED_CODE, 7.92),
        section(".rsrc", 0x4B000, 0x1E00, DATA, 3.75),
        entry=1,
        at=0x1DB90,
        code=code,
    )


def mpress(code: str = "") -> PackerView:
    return packed(
        section(".MPRESS1", 0x1000, 0x9A00, 0xE00000E0, 7.99, virtual=0x1C000),
        section(".MPRESS2", 0x1D000, 0xE00, 0xE00000E0, 6.11),
        section(".rsrc", 0x1E000, 0x2800, DATA, 3.66),
        entry=1,
        code=code,
        imports={"kernel32.dll": ("GetModuleHandleA", "GetProcAddress"), "gdi32.dll": ("PatBlt",)},
    )


def aspack(code: str = ASPACK_STUB, at: int = 1) -> PackerView:
    return packed(
        section(".text", 0x1000, 0x7600, 0xE0000060, 7.99, virtual=0xE000),
        section(".rdata", 0xF000, 0x1C00, DATA, 7.93, virtual=0x5000),
        section(".rsrc", 0x17000, 0x1600, DATA, 6.61, virtual=0x6000),
        section(".aspack", 0x1D000, 0x3200, 0xE0000060, 4.86),
        section(".adata", 0x21000, 0, PACKED_CODE, 0.0, virtual=0x1000),
        entry=3,
        at=at,
        code=code,
        imports={"kernel32.dll": ("GetProcAddress", "GetModuleHandleA", "LoadLibraryA")},
    )


@pytest.mark.parametrize("code", UPX_STUBS.values(), ids=UPX_STUBS)
def test_upx_unpacks_the_second_section_into_the_first(code: str) -> None:
    assert name(upx(code)) == "UPX"
    assert name(renamed(upx(code))) == "UPX"


def test_the_distance_in_upx_stub_must_be_that_of_the_sections() -> None:
    assert name(renamed(upx(UPX_STUBS["32 bits"], back=0x4000))) == "unknown packer"


def test_upx_with_another_stub_is_known_by_name_or_mark() -> None:
    assert name(upx()) == "UPX"
    assert name(replace(renamed(upx()), head=b"MZ".ljust(0x3E0, b"\0") + b"UPX!")) == "UPX"
    assert name(renamed(upx())) == "unknown packer"


def test_names_alone_make_no_packer() -> None:
    plain = compiled()
    for names in (("UPX0", "UPX1"), (".MPRESS1", ".MPRESS2"), (".aspack", ".adata")):
        rows = [replace(row, name=new) for row, new in zip(plain.sections, names, strict=False)]
        assert name(replace(plain, sections=(*rows, *plain.sections[2:]))) is None


@pytest.mark.parametrize("code", MPRESS_STUBS.values(), ids=MPRESS_STUBS)
def test_mpress_moves_its_packed_section(code: str) -> None:
    assert name(mpress(code)) == "MPRESS"
    assert name(renamed(mpress(code))) == "MPRESS"


def test_mpress_with_another_stub_is_known_by_name() -> None:
    assert name(mpress()) == "MPRESS"
    assert name(renamed(mpress())) == "unknown packer"


def test_aspack_is_entered_at_the_second_byte_of_the_last_section_but_one() -> None:
    assert name(aspack()) == "ASPack"
    assert name(renamed(aspack())) == "ASPack"
    assert name(aspack(at=2)) == "unknown packer"


@pytest.mark.parametrize("rule", STUBS, ids=lambda rule: rule.name)
def test_a_stub_counts_only_in_a_program_that_finds_its_imports(rule: Rule) -> None:
    assert isinstance(rule.look, partial)
    (pattern,) = rule.look.args
    code = pattern.pattern.replace(b"\\", b"").replace(b".", b"\x01")
    view = replace(upx(), entry_bytes=code.ljust(1024, b"\0"))
    assert pattern.match(view.entry_bytes)
    assert rule.look(view)
    assert not rule.look(replace(view, imports={"kernel32.dll": ("Sleep",)}))


def themida(imports: dict[str, tuple[str, ...]]) -> PackerView:
    """Version 2."""
    return packed(
        section("        ", 0x1000, 0x20000, 0xE0000060, 7.98, virtual=0x80000),
        section(".rsrc", 0x81000, 0x2000, 0xE0000060, 5.1),
        section(".idata  ", 0x83000, 0x200, DATA, 1.2),
        section("qpfkzjxa", 0x84000, 0x90000, PACKED_CODE, 7.95),
        entry=3,
        at=0,
        imports=imports,
    )


def boot() -> PackerView:
    """Themida's version 3."""
    return packed(
        section("        ", 0x1000, 0x8000, 0x60000060, 7.97, virtual=0x14000),
        section("        ", 0x15000, 0x4000, DATA, 7.9, virtual=0x9000),
        section(".idata", 0x1E000, 0x200, DATA, 1.3),
        section(".rsrc", 0x1F000, 0x800, CONSTANT, 4.0),
        section(".themida", 0x20000, 0, 0xE0000060, 0.0, virtual=0x400000),
        section(".boot", 0x420000, 0x200000, 0x60000060, 7.95),
        entry=5,
        at=0,
        imports={"kernel32.dll": ("GetModuleHandleA",), "user32.dll": ("GetDC",)},
    )


def vmprotect(code: str) -> PackerView:
    return packed(
        section(".text", 0x1000, 0, 0x60000020, 0.0, virtual=0x20000),
        section(".data", 0x21000, 0, DATA, 0.0, virtual=0x4000),
        section(".vmp0", 0x25000, 0, 0x60000020, 0.0, virtual=0x180000),
        section(".vmp1", 0x1A5000, 0x200000, 0x60000020, 7.9),
        section(".reloc", 0x3A5000, 0x200, CONSTANT, 2.0),
        entry=3,
        at=0x12345,
        code=code,
        imports={"kernel32.dll": (*FINDERS, "LocalAlloc", "Sleep"), "user32.dll": ("CharNextA",)},
    )


def test_themida_is_entered_at_the_beginning_of_its_own_section() -> None:
    view = themida({"kernel32.dll": ("lstrcpyA",), "comctl32.dll": ("InitCommonControls",)})
    for shape in (view, renamed(view), boot(), renamed(boot())):
        assert name(shape) == "Themida"


def test_vmprotect_pushes_an_address_and_calls() -> None:
    assert name(vmprotect(PUSH_AND_CALL)) == "VMProtect"
    assert name(renamed(vmprotect(PUSH_AND_CALL))) == "VMProtect"
    assert name(vmprotect("e9 00010000")) == "VMProtect"
    assert name(renamed(vmprotect("e9 00010000"))) == "Themida/VMProtect-like"
