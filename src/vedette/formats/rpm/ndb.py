"""The values of an ndb database (rpm, lib/backend/ndb/rpmpkg.c): numbers are little-endian, blobs lie in blocks of 16
bytes, and the slots that say where fill the first pages.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from vedette.formats.rpm.pieces import MOST, Pieces

_MAGIC, _SLOT, _BLOB = b"RpmP", b"Slot", b"BlbS"
_HEADER: Final = struct.Struct("<4sIIII")  # magic, version, generation, pages of slots, next number
_SLOTS: Final = struct.Struct("<4sIII")  # magic, package's number, first block, count of blocks
_HEAD: Final = struct.Struct("<4sIII")  # magic, package's number, generation, length
_PAGE, _BLOCK = 4096, 16
_MOST_PAGES: Final = 1 << 14


def recognised(pieces: Pieces) -> bool:
    return pieces.starts(len(_MAGIC)) == _MAGIC


def blobs(pieces: Pieces) -> Iterator[bytes]:
    """The blob of each slot in use. Raises ``ValueError`` at the first thing that is damaged."""
    _, version, _, pages, _ = _HEADER.unpack(pieces.at(0, _HEADER.size))
    if version != 0 or not 1 <= pages <= _MOST_PAGES:
        raise ValueError("a database of another version")
    for page in range(pages):
        slots = pieces.at(page * _PAGE, _PAGE)
        # The header takes the room of two slots.
        for place in range(2 * _SLOTS.size if page == 0 else 0, _PAGE, _SLOTS.size):
            magic, number, block, count = _SLOTS.unpack_from(slots, place)
            if magic != _SLOT:
                raise ValueError("a slot has no mark")
            if block:
                yield _blob(pieces, number, block * _BLOCK, count * _BLOCK)


def _blob(pieces: Pieces, number: int, offset: int, room: int) -> bytes:
    magic, belongs, _, length = _HEAD.unpack(pieces.at(offset, _HEAD.size))
    if magic != _BLOB or belongs != number or length > min(MOST, room):
        raise ValueError("a blob is not that of its slot")
    return pieces.at(offset + _HEAD.size, length)
