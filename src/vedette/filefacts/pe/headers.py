"""The headers of a portable executable, as they stand in the file.

After Microsoft's "PE Format" (https://learn.microsoft.com/windows/win32/debug/pe-format): MS-DOS Stub, Signature, COFF
File Header, Optional Header, Optional Header Data Directories, Section Table. Nothing is required of them but the
signature: Windows runs files whose optional header is cut off, folded over another header or longer than it says. What
lies behind the end of the file reads as zero, as it does in memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from vedette.filefacts.content import Content

MAX_SECTIONS: Final = 2048
"""Windows takes 65,535. Nobody builds as many, and each costs."""

_DOS: Final = struct.Struct("<2s58xI")  # e_magic, e_lfanew
_SIGNATURE: Final = b"PE\0\0"
_COFF: Final = struct.Struct("<HHI8xHH")
_PE32: Final = struct.Struct("<HBB12xI8xII32xH22xI")
_PE32_PLUS: Final = struct.Struct("<HBB12xI4xQI32xH38xI")
_DIRECTORY: Final = struct.Struct("<II")
_SECTION: Final = struct.Struct("<8sIIII12xI")
_PLUS: Final = 0x20B
_KNOWN_MAGIC: Final = frozenset({0x10B, _PLUS})
_MAX_DIRECTORIES: Final = 16


class Directory(IntEnum):
    """Places in the list of data directories."""

    EXPORT = 0
    IMPORT = 1
    RESOURCE = 2
    CERTIFICATE = 4
    TLS = 9
    CLR = 14


@dataclass(frozen=True, slots=True)
class Section:
    """A row of the section table. ``flags`` are its characteristics."""

    name: str
    virtual_size: int
    virtual_address: int
    raw_size: int
    raw_offset: int
    flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """``offset`` is where the signature stands, ``optional_offset`` where the optional header begins.

    ``directories`` are pairs of an address and a size, up to sixteen. ``problem`` says what is odd, in a few words.
    """

    offset: int
    optional_offset: int
    optional_size: int
    machine: int
    timestamp: int
    characteristics: int
    plus: bool
    linker: str
    entry_point: int
    image_base: int
    section_alignment: int
    subsystem: int
    directories: tuple[tuple[int, int], ...]
    sections: tuple[Section, ...]
    problem: str | None

    def directory(self, which: Directory) -> tuple[int, int]:
        """Its address and size, zeros where the header has none."""
        return self.directories[which] if which < len(self.directories) else (0, 0)


def signature_offset(content: Content) -> int | None:
    """Where the signature ``PE`` stands, None where ``content`` is no portable executable."""
    if len(content) < _DOS.size:
        return None
    magic, offset = _DOS.unpack_from(content)
    found = magic == b"MZ" and content[offset : offset + 4] == _SIGNATURE
    return int(offset) if found else None


def read_headers(content: Content, offset: int) -> Headers:
    """The headers whose signature stands at ``offset``."""
    machine, declared, timestamp, optional_size, characteristics = _COFF.unpack(
        _padded(content, offset + 4, _COFF.size)
    )
    optional_offset = offset + 4 + 20
    magic = int.from_bytes(_padded(content, optional_offset, 2), "little")
    layout = _PE32_PLUS if magic == _PLUS else _PE32
    optional = layout.unpack(_padded(content, optional_offset, layout.size))
    _, major, minor, entry, base, alignment, subsystem, directories = optional
    sections, problem = _sections(content, optional_offset + optional_size, declared)
    if magic not in _KNOWN_MAGIC:
        problem = "the optional header is of no known kind"
    return Headers(
        offset=offset,
        optional_offset=optional_offset,
        optional_size=optional_size,
        machine=machine,
        timestamp=timestamp,
        characteristics=characteristics,
        plus=magic == _PLUS,
        linker=f"{major}.{minor}",
        entry_point=entry,
        image_base=base,
        section_alignment=alignment,
        subsystem=subsystem,
        directories=_directories(content, optional_offset + layout.size, directories),
        sections=sections,
        problem=problem,
    )


def _directories(content: Content, offset: int, declared: int) -> tuple[tuple[int, int], ...]:
    count = min(declared, _MAX_DIRECTORIES)
    return tuple(_DIRECTORY.iter_unpack(_padded(content, offset, count * _DIRECTORY.size)))


def _sections(
    content: Content, offset: int, declared: int
) -> tuple[tuple[Section, ...], str | None]:
    """The section table. It ends early at a row of nothing, or where the file ends."""
    sections: list[Section] = []
    for index in range(min(declared, MAX_SECTIONS)):
        row = content[offset + index * 40 : offset + (index + 1) * 40]
        if not row.strip(b"\0"):
            break
        name, *numbers = _SECTION.unpack(row.ljust(_SECTION.size, b"\0"))
        text = name.rstrip(b"\0").decode("utf-8", "backslashreplace")
        sections.append(Section(text, *numbers))
    if len(sections) == declared:
        return tuple(sections), None
    return tuple(sections), f"{declared} sections are declared, {len(sections)} were read"


def _padded(content: Content, offset: int, size: int) -> bytes:
    return content[offset : offset + size].ljust(size, b"\0")
