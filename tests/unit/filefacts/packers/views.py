"""Views as packers leave them: made by hand, after what was measured of real files where a name says so."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from vedette.filefacts.packers import identify
from vedette.filefacts.packers.view import HEAD, TAIL, OverlayView, PackerView, SectionView

CODE = 0x60000020
DATA = 0xC0000040
CONSTANT = 0x40000040
EMPTY_CODE = 0xE0000080
PACKED_CODE = 0xE0000040

FINDERS = ("LoadLibraryA", "GetProcAddress", "VirtualProtect", "ExitProcess")


def name(view: PackerView) -> str | None:
    packer = identify(view)
    return None if packer is None else packer.name


def section(
    name: str, address: int, size: int, flags: int, entropy: float, *, virtual: int | None = None
) -> SectionView:
    return SectionView(
        name=name,
        virtual_address=address,
        virtual_size=size if virtual is None else virtual,
        raw_offset=0x400,
        raw_size=size,
        flags=flags,
        entropy=entropy,
    )


def compiled() -> PackerView:
    """What a compiler and a linker make."""
    return PackerView(
        size=0x20000,
        machine="AMD64",
        is_dll=False,
        dotnet=False,
        entry_point=0x4000,
        entry_section=0,
        entry_bytes=bytes.fromhex("4883ec28e88b6c00004883c428e976fe").ljust(1024, b"\xcc"),
        sections=(
            section(".text", 0x1000, 0xF000, CODE, 6.39),
            section(".rdata", 0x10000, 0x3A00, CONSTANT, 4.84),
            section(".data", 0x14000, 0x1400, DATA, 1.98, virtual=0x4144),
            section(".rsrc", 0x1A000, 0x5400, CONSTANT, 5.48),
        ),
        imports={
            "kernel32.dll": (*FINDERS, *(f"Function{n}" for n in range(80))),
            "shlwapi.dll": ("StrStrIW", "PathRemoveFileSpecW", "PathCombineW"),
        },
    )


def packed(
    *sections: SectionView,
    entry: int,
    code: str = "",
    at: int = 0x100,
    imports: dict[str, tuple[str, ...]] | None = None,
) -> PackerView:
    """A 32-bit program of ``sections``, entered ``at`` bytes behind the beginning of the one numbered ``entry``."""
    return replace(
        compiled(),
        machine="I386",
        size=sum(row.raw_size for row in sections) + 0x400,
        sections=sections,
        entry_section=entry,
        entry_point=sections[entry].virtual_address + at,
        entry_bytes=bytes.fromhex(code).ljust(1024, b"\0"),
        imports={"kernel32.dll": FINDERS, "user32.dll": ("GetDC",)} if imports is None else imports,
    )


def renamed(view: PackerView) -> PackerView:
    """``view`` with other names of sections and nothing left of marks in its headers."""
    names = ("", ".text", "\0\1\2", "CODE")
    rows = (replace(row, name=names[n % 4]) for n, row in enumerate(view.sections))
    return replace(view, sections=tuple(rows), head=bytes(HEAD))


def carrying(overlay: bytes, offset: int = 0x20000) -> PackerView:
    """A compiled program with ``overlay`` behind it."""
    return replace(
        compiled(),
        size=offset + len(overlay),
        overlay=OverlayView(
            offset=offset,
            size=len(overlay),
            entropy=7.0,
            head=overlay[:HEAD],
            tail=overlay[-TAIL:],
        ),
    )


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, f"print('{name}')\n" * 20)
    return made.getvalue()
