"""Zip archives behind a program."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from vedette.filefacts.packers.view import OverlayView

_END: Final = struct.Struct(
    "<4s4x2xHIIH"
)  # signature, entries, directory's size and place, comment's length
_SIGNATURE: Final = b"PK\5\6"
LOCAL: Final = b"PK\3\4"


@dataclass(frozen=True, slots=True)
class Zip:
    """``offset`` is the place in the file of the archive's first byte, ``end`` that behind its last."""

    offset: int
    end: int
    entries: int


def find_zip(overlay: OverlayView) -> Zip | None:
    """The archive whose end record stands in the overlay's tail and whose directory and files fit before it.

    After APPNOTE.TXT 4.3.16. Places in it count from its own beginning, or from the file's where a tool put them right.
    """
    place = overlay.tail.rfind(_SIGNATURE)
    if place < 0 or len(overlay.tail) - place < _END.size:
        return None
    _, entries, size, directory, comment = _END.unpack_from(overlay.tail, place)
    at = overlay.offset + overlay.size - len(overlay.tail) + place
    offset = at - size - directory
    if offset == 0 and directory >= overlay.offset:
        offset = overlay.offset
    if not entries or not size or not overlay.offset <= offset <= at - size:
        return None
    return Zip(offset, at + _END.size + comment, entries)
