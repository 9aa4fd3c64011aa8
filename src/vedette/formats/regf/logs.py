"""The logs that complete a hive: what Windows was to write into it, or had not yet.

Until Windows 8 a log holds the pages of one write, with a bit for each page of the hive; since then a chain of
entries, each with its pages and hashes of them, which may go on in the hive's other log.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.errors import Unreadable
from vedette.formats.regf.base import BLOCK, SHORT, Base, Content, base_of, from_log, primary_of
from vedette.formats.regf.marvin import marvin32

_OLD: Final = (1, 2)  # types of file
_NEW: Final = 6
_VECTOR: Final = b"DIRT"
_PAGE: Final = 512
_ENTRY: Final = struct.Struct("<4sIIIIIQQ")
_HASHED: Final = 32  # bytes of an entry's head that its second hash is of
_REFERENCE: Final = struct.Struct("<II")
_LARGEST: Final = 512 << 20  # bytes of the largest hive that is put together in memory
_NUMBERS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class _Write:
    """Pages of a hive with their places, the size of its cells after them, and the number of the write."""

    number: int
    size: int
    pages: Sequence[tuple[int, memoryview]]


def completed(content: Content, logs: Iterable[bytes]) -> bytearray | None:
    """The hive ``content`` as it is with its ``logs``; ``None`` where they do not fit it."""
    base = primary_of(content)
    heads = [(head, log) for log in logs if (head := _head(log)) is not None]
    if not base.sound:
        # What the log begins with is the hive's own first block as it was to be.
        heads.sort(key=lambda each: each[0].primary, reverse=True)
        if not heads:
            return None
    first = base.secondary if base.sound else heads[-1][0].primary
    writes = list(_writes(heads, first))
    if not writes:
        return None
    source = None if base.sound else heads[-1][1]
    return _applied(content, writes, source)


def _head(log: bytes) -> Base | None:
    try:
        head = base_of(log)
    except Unreadable:
        return None
    return head if head.sound and head.type in {*_OLD, _NEW} else None


def _writes(heads: Sequence[tuple[Base, bytes]], first: int) -> Iterator[_Write]:
    """Those from the number ``first`` on, in their order, up to the first that is missing or damaged."""
    entries = {
        write.number: write
        for head, log in heads
        if head.type == _NEW
        for write in _entries(log, first)
    }
    # Where entries had to be written over, the hive holds the pages of those already, and a gap is left.
    number = min(entries, key=lambda number: (number - first) % _NUMBERS, default=first)
    if entries:
        while number in entries:
            yield entries[number]
            number = (number + 1) % _NUMBERS
        return
    old = [
        (head, log)
        for head, log in heads
        if head.type in _OLD and head.primary == head.secondary and _follows(head.primary, first)
    ]
    if old:
        head, log = max(old, key=lambda each: (each[0].primary - first) % _NUMBERS)
        if (write := _old_write(head, log)) is not None:
            yield write


def _follows(number: int, first: int) -> bool:
    return (number - first) % _NUMBERS < _NUMBERS // 2


def _entries(log: bytes, first: int) -> Iterator[_Write]:
    view = memoryview(log)
    place = SHORT
    while place + _ENTRY.size <= len(log):
        mark, length, _, number, size, count, whole, head = _ENTRY.unpack_from(log, place)
        end = place + length
        if mark != b"HvLE" or length % _PAGE or length < _ENTRY.size or end > len(log):
            return
        if _follows(number, first):
            if marvin32(log[place : place + _HASHED]) != head:
                return
            if marvin32(log[place + _ENTRY.size : end]) != whole:
                return
            pages = _referenced(view[place + _ENTRY.size : end], count)
            if pages is None:
                return
            yield _Write(number, size, pages)
        place = end


def _referenced(body: memoryview, count: int) -> list[tuple[int, memoryview]] | None:
    """The pages in an entry's body, which begins with ``count`` places and sizes; ``None`` where they do not fit."""
    place = count * _REFERENCE.size
    if place > len(body):
        return None
    pages = []
    for start, length in _REFERENCE.iter_unpack(body[:place]):
        if place + length > len(body):
            return None
        pages.append((start, body[place : place + length]))
        place += length
    return pages


def _old_write(head: Base, log: bytes) -> _Write | None:
    """The write of a log of the old form: a bit for each page of 512 bytes, then the pages whose bits are set."""
    if log[SHORT : SHORT + len(_VECTOR)] != _VECTOR:
        return None
    start = SHORT + len(_VECTOR)
    vector = log[start : start + (head.size // _PAGE + 7) // 8]
    place = -(-(start + len(vector)) // _PAGE) * _PAGE
    view, pages = memoryview(log), []
    for index, bits in enumerate(vector):
        for bit in range(8):
            if bits >> bit & 1:
                if place + _PAGE > len(log):
                    return None
                pages.append(((index * 8 + bit) * _PAGE, view[place : place + _PAGE]))
                place += _PAGE
    return _Write(head.primary, head.size, pages)


def _applied(content: Content, writes: Sequence[_Write], source: bytes | None) -> bytearray | None:
    """``content`` with ``writes``, one after the other; its first block from ``source`` where that is given."""
    size = max(len(content), *(BLOCK + write.size for write in writes))
    if size > _LARGEST:
        return None
    whole = bytearray(content)
    whole.extend(bytes(size - len(whole)))
    if source is not None:
        whole[:SHORT] = from_log(source)
    for write in writes:
        for place, page in write.pages:
            if place + len(page) > write.size:
                return None
            whole[BLOCK + place : BLOCK + place + len(page)] = page
    return whole
