"""The values of a Berkeley DB hash database, as rpm kept its packages before SQLite (Berkeley DB, dbinc/db_page.h).

Keys and values alternate on hash pages; large values lie on chains of overflow pages. Numbers are in the order of the
machine that wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.formats.rpm.pieces import MOST, Number, Pieces, big, little

_MAGIC: Final = 0x061561
_HASH_UNSORTED, _OVERFLOW, _HASH = 2, 7, 13
_HEAD: Final = 26  # of every page
_KEY_DATA, _OFF_PAGE = 1, 3
_INDEX: Final = 2
_OFF_PAGE_SIZE: Final = 12


def recognised(pieces: Pieces) -> bool:
    return _order(pieces) is not None


def _order(pieces: Pieces) -> Number | None:
    magic = pieces.starts(16)[12:]
    return next((number for number in (little, big) if magic and number(magic) == _MAGIC), None)


def values(pieces: Pieces) -> Iterator[bytes]:
    """The value of each key, without the one that only counts. Raises ``ValueError`` at the first thing damaged."""
    number = _order(pieces) or little
    size = number(pieces.at(20, 4))
    if not 512 <= size <= 65_536 or size & (size - 1):
        raise ValueError("a page has no possible size")
    for place in range(size, pieces.size - size + 1, size):
        kind = pieces.at(place + 25, 1)[0]
        if kind not in {_HASH_UNSORTED, _HASH}:
            continue
        page = pieces.at(place, size)
        count = number(page[20:22])
        if _HEAD + _INDEX * count > size:
            raise ValueError("a page has more entries than room")
        offsets = [number(page[at : at + 2]) for at in range(_HEAD, _HEAD + _INDEX * count, _INDEX)]
        for key, value in zip(offsets[::2], offsets[1::2], strict=False):
            # An entry ends where the one before it begins.
            found = _value(pieces, number, size, page[value:key])
            if found is not None:
                yield found


def _value(pieces: Pieces, number: Number, size: int, entry: bytes) -> bytes | None:
    if entry[:1] == bytes([_KEY_DATA]):
        # Key 0 is the last package's number: four bytes, no header.
        return entry[1:] if len(entry) > 5 else None
    if entry[:1] != bytes([_OFF_PAGE]) or len(entry) < _OFF_PAGE_SIZE:
        raise ValueError("an entry is of an unknown kind")
    page, length = number(entry[4:8]), number(entry[8:12])
    if length > min(MOST, pieces.size):
        raise ValueError("a value is larger than the file")
    found = bytearray()
    left = pieces.size // size  # no page is in a chain twice
    while len(found) < length:
        head = pieces.at(page * size, _HEAD)
        room = number(head[22:24])  # how much of this page is used
        left -= 1
        if head[25] != _OVERFLOW or not 0 < room <= size - _HEAD or left < 0:
            raise ValueError("a value's page is none")
        found += pieces.at(page * size + _HEAD, min(room, length - len(found)))
        page = number(head[16:20])
    return bytes(found)
