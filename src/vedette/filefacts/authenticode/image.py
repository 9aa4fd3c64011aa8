"""Where a PE file keeps its signatures, and the digest that they are over.

From "Windows Authenticode Portable Executable Signature Format" (2008), "Calculating the PE Image Hash", and the
PE format's "Attribute Certificate Table". The specification digests the headers and then section by section;
files that Windows accepts have no gaps, so the digest here is over the file in one go, without the checksum, the
directory's entry for the certificate table, and that table. Everything else counts, whether a section names it
or not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = {0x10B: 96, 0x20B: 112}  # PE32, PE32+: where the data directories begin
_SECURITY_DIRECTORY: Final = 4
MAX_SECTIONS: Final = 1024


@dataclass(frozen=True, slots=True)
class Section:
    """Where a section's bytes lie in the file."""

    offset: int
    size: int


class Image:
    """A PE file's layout as far as signatures care. Offsets and sizes are in bytes, as the headers state them.

    ``table_offset`` and ``table_size`` are those of the certificate table; a size of 0 means that there is none.
    """

    def __init__(self, view: memoryview, optional: int) -> None:
        self.view = view
        self.checksum = optional + 64
        self.section_alignment = _number(view, optional + 32)
        self.headers_size = _number(view, optional + 60)
        directories = optional + _MAGIC[_number(view, optional, 2)]
        self.entry = directories + 8 * _SECURITY_DIRECTORY
        self.table_offset = self.table_size = 0
        if _number(view, directories - 4) > _SECURITY_DIRECTORY and self.entry + 8 <= len(view):
            self.table_offset = _number(view, self.entry)
            self.table_size = _number(view, self.entry + 4)
        count = min(_number(view, optional - 18, 2), MAX_SECTIONS)
        first = optional + _number(view, optional - 4, 2)
        self.sections = [
            Section(_number(view, place + 20), _number(view, place + 16))
            for place in range(first, first + 40 * count, 40)
            if place + 40 <= len(view)
        ]
        self._digests: dict[str, bytes] = {}

    def digest(self, algorithm: str) -> bytes:
        """The image's digest by the ``hashlib`` name ``algorithm``."""
        if algorithm not in self._digests:
            table = min(max(self.table_offset, self.entry + 8), len(self.view))
            digest = hashlib.new(algorithm, usedforsecurity=False)
            for start, end in (
                (0, self.checksum),
                (self.checksum + 4, self.entry),
                (self.entry + 8, table),
                (table + self.table_size, len(self.view)),
            ):
                digest.update(self.view[start:end])
            self._digests[algorithm] = digest.digest()
        return self._digests[algorithm]


def read_image(view: memoryview) -> Image | None:
    """The PE file in ``view``; none if it is not one, or its headers end too early to have a certificate table."""
    if len(view) < 64 or bytes(view[:2]) != b"MZ":
        return None
    start = _number(view, 0x3C)
    optional = start + 24
    if optional + 112 > len(view) or bytes(view[start : start + 4]) != b"PE\0\0":
        return None
    if _number(view, optional, 2) not in _MAGIC:
        return None
    return Image(view, optional)


def _number(view: memoryview, place: int, size: int = 4) -> int:
    return int.from_bytes(view[place : place + size], "little")
