"""Where an address of the image lies in the file.

The loader's rules, as far as files depend on them: a section's address is rounded down to the section alignment, its
end up to a page, its place in the file down to a sector; addresses below the first section are the headers, mapped as
they are; and a section's memory behind what the file has of it is zero. With a section alignment below a page nothing
but the place is rounded.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import Final, NamedTuple

from vedette.filefacts.content import Content
from vedette.filefacts.pe.headers import Headers, Section

_PAGE: Final = 0x1000
_SECTOR: Final = 0x200


class _Span(NamedTuple):
    """Addresses ``start`` to ``end``, of which the file holds the first, from ``offset`` to ``raw_end``."""

    start: int
    end: int
    offset: int
    raw_end: int
    section: int


_BEHIND_ALL: Final = _Span(1 << 33, 1 << 33, 0, 0, 0)


class Image:
    """A file seen as it would be in memory. Addresses are relative to the image base."""

    def __init__(self, content: Content, headers: Headers) -> None:
        self.content = content
        self.headers = headers
        self._spans = _spans(headers, len(content))
        self._starts = [span.start for span in self._spans]

    def section_at(self, address: int) -> int | None:
        """The index of the section that holds ``address``."""
        span = self._span(address)
        return None if span is None else span.section

    def offset_of(self, address: int) -> int | None:
        """Where ``address`` lies in the file, None where the file has nothing for it."""
        span = self._span(address)
        if span is None:
            return address if address < len(self.content) else None
        offset = span.offset + address - span.start
        return offset if offset < span.raw_end else None

    def read(self, address: int, size: int) -> bytes:
        """Up to ``size`` bytes at ``address``, fewer where its section or the file ends, none where nothing is mapped.
        What only memory has is zero.
        """
        span = self._span(address)
        if span is None:
            return self.content[address : address + size]
        size = min(size, span.end - address)
        offset = span.offset + address - span.start
        return self.content[offset : min(offset + size, span.raw_end)].ljust(size, b"\0")

    def text(self, address: int, limit: int) -> bytes:
        """The bytes at ``address`` up to a zero, at most ``limit``."""
        return self.read(address, limit).partition(b"\0")[0]

    def raw(self, section: Section) -> tuple[int, int]:
        """Where the file's part of ``section`` begins and ends."""
        start = _sector(section.raw_offset)
        end = min(start + section.raw_size, len(self.content))
        return (start, end) if start < end else (0, 0)

    def _span(self, address: int) -> _Span | None:
        place = bisect_right(self._starts, address) - 1
        if place < 0 or address >= self._spans[place].end:
            return None
        return self._spans[place]


def _spans(headers: Headers, size: int) -> list[_Span]:
    """The sections by address; one that reaches into the next is cut off there."""
    alignment = headers.section_alignment
    spans: list[_Span] = []
    for index, section in enumerate(headers.sections):
        start = section.virtual_address
        if alignment >= _PAGE:
            start -= start % alignment
        offset = _sector(section.raw_offset)
        within = section.raw_size if offset + section.raw_size <= size else 0
        end = start + max(section.virtual_size, within)
        if alignment >= _PAGE:
            end += -end % _PAGE
        spans.append(
            _Span(start, end, offset, min(section.raw_offset + section.raw_size, size), index)
        )
    spans.sort()
    return [
        span._replace(end=min(span.end, after.start)) if after.start > span.start else span
        for span, after in pairwise([*spans, _BEHIND_ALL])
    ]


def _sector(offset: int) -> int:
    return offset - offset % _SECTOR
