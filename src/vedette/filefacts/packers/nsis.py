"""Installers of the Nullsoft Scriptable Install System."""

from __future__ import annotations

import struct
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.view import OverlayView, PackerView

_SIGNATURE: Final = struct.pack("<I", 0xDEADBEEF)
_MAGIC: Final = b"NullsoftInst"
_FIRST_HEADER: Final = struct.Struct("<I4s12sII")  # flags, signature, magic, two lengths
_UNINSTALLER: Final = 1  # FH_FLAGS_UNINSTALL
_BLOCK: Final = 512


def _look(view: PackerView) -> Evidence:
    """The first header in the overlay. The stub looks for it at the beginning of each block of 512 bytes of the file,
    and it says how long the data behind it are; where they fit, the text in it may be anything.
    """
    overlay = view.overlay
    if overlay is None:
        return []
    place = overlay.head.find(_SIGNATURE)
    while place >= 0:
        if evidence := _first_header(overlay, place - 4):
            return evidence
        place = overlay.head.find(_SIGNATURE, place + 1)
    return []


def _first_header(overlay: OverlayView, place: int) -> Evidence:
    if place < 0 or (overlay.offset + place) % _BLOCK:
        return []
    if len(overlay.head) - place < _FIRST_HEADER.size:
        return []
    flags, _, magic, header, following = _FIRST_HEADER.unpack_from(overlay.head, place)
    fits = _FIRST_HEADER.size < following <= overlay.size - place and header > 0
    if magic != _MAGIC and not fits:
        return []
    what = "an uninstaller" if flags & _UNINSTALLER else "an installer"
    evidence = [
        f"the overlay begins with the first header of {what} at {overlay.offset + place:#x}"
    ]
    if magic == _MAGIC:
        evidence.append("the header bears the mark NullsoftInst")
    if fits:
        evidence.append(f"{following} bytes of data follow, as the header says")
    return evidence


NSIS: Final = Rule(
    "NSIS", "https://github.com/kichik/nsis/blob/master/Source/exehead/fileform.h", _look
)
