"""Makes small portable executables, right or wrong as a test wants them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

SECTION_AT = 0x200
ADDRESS = 0x1000


@dataclass
class Forge:
    """One section at ``ADDRESS``, whose bytes follow the headers. ``directories`` maps places in the list to an address
    and a size; addresses are relative to the image base.
    """

    body: bytes = b""
    plus: bool = True
    machine: int = 0x8664
    characteristics: int = 0x22
    subsystem: int = 3
    image_base: int = 0x400000
    alignment: int = 0x1000
    entry: int = ADDRESS
    name: bytes = b".text"
    virtual_size: int | None = None
    sections: list[bytes] | None = None
    directories: dict[int, tuple[int, int]] = field(default_factory=dict)
    behind: bytes = b""

    def build(self) -> bytes:
        rows = self.sections
        if rows is None:
            size = len(self.body) if self.virtual_size is None else self.virtual_size
            rows = [section(self.name, size, ADDRESS, len(self.body), SECTION_AT)]
        optional = self._optional()
        headers = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"
        headers += struct.pack(
            "<HHIIIHH", self.machine, len(rows), 7, 0, 0, len(optional), self.characteristics
        )
        headers += optional + b"".join(rows)
        return headers.ljust(SECTION_AT, b"\0") + self.body + self.behind

    def _optional(self) -> bytes:
        table = b"".join(struct.pack("<II", *self.directories.get(n, (0, 0))) for n in range(16))
        start = struct.pack("<HBBIIII", 0x20B if self.plus else 0x10B, 14, 3, 0, 0, 0, self.entry)
        base = struct.pack("<IQ" if self.plus else "<III", 0, *self._base())
        middle = struct.pack(
            "<II16xIIIHH", self.alignment, 0x200, 0x3000, 512, 0, self.subsystem, 0
        )
        stacks = bytes(32 if self.plus else 16) + struct.pack("<II", 0, 16)
        return start + base + middle + stacks + table

    def _base(self) -> tuple[int, ...]:
        return (self.image_base,) if self.plus else (0, self.image_base)


def section(
    name: bytes,
    virtual_size: int,
    address: int,
    raw_size: int,
    offset: int,
    flags: int = 0x60000020,
) -> bytes:
    """A row of the section table."""
    return struct.pack(
        "<8sIIIIIIHHI", name, virtual_size, address, raw_size, offset, 0, 0, 0, 0, flags
    )


class Body:
    """Grows a section's bytes and says at which address each piece lies."""

    def __init__(self) -> None:
        self.data = bytearray()

    def add(self, piece: bytes) -> int:
        address = ADDRESS + len(self.data)
        self.data += piece + bytes(-len(piece) % 8)
        return address

    def imports(self, wanted: list[tuple[bytes, list[bytes | int]]], plus: bool = True) -> int:
        """An import directory; functions by name or by number."""
        code, by_number = ("<Q", 1 << 63) if plus else ("<I", 1 << 31)
        rows = b""
        for library, functions in wanted:
            entries = [
                by_number | one if isinstance(one, int) else self.add(b"\0\0" + one + b"\0")
                for one in functions
            ]
            table = self.add(b"".join(struct.pack(code, entry) for entry in [*entries, 0]))
            rows += struct.pack("<IIIII", table, 0, 0, self.add(library + b"\0"), table)
        return self.add(rows + bytes(20))
