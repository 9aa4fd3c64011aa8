"""Self-extracting archives: a program with an archive behind or inside it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.view import OverlayView, PackerView
from vedette.filefacts.packers.zips import find_zip

_CONFIGURATION: Final = b";!@Install@!UTF-8!"
_RCDATA: Final = 10
_CABINET: Final = struct.Struct("<4s4xI4xI4xBB")  # signature, size, first file's place, version


def _seven_zip(view: PackerView) -> Evidence:
    """A 7z archive in the overlay, whose start header has the checksum that stands before it. A configuration for the
    installing kind of module may come first.
    """
    evidence = _appended(view, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _seven_zip_header)
    if evidence and view.overlay and view.overlay.head.startswith(_CONFIGURATION):
        evidence.append("the module's configuration stands before it")
    return evidence


def _seven_zip_header(header: bytes, left: int) -> bool:
    checksum = int.from_bytes(header[8:12], "little")
    return len(header) >= 32 <= left and checksum == zlib.crc32(header[12:32])


def _rar(view: PackerView) -> Evidence:
    """A RAR archive in the overlay, of the old format or the fifth."""
    return _appended(view, b"Rar!\x1a\x07", "a RAR archive", _rar_header)


def _rar_header(header: bytes, left: int) -> bool:
    """The first block is the archive's header, of type 0x73 in the old format."""
    old, fifth = header[6:7] == b"\0" and header[9:10] == b"\x73", header[6:8] == b"\1\0"
    return len(header) <= left and (old or fifth)


def _cab(view: PackerView) -> Evidence:
    """A cabinet in the overlay, or in the resource where IExpress puts it."""
    if evidence := _appended(view, b"MSCF", "a cabinet", _cab_header):
        return evidence
    for leaf in view.resources:
        if (leaf.type, leaf.name) == (_RCDATA, "CABINET") and _cab_header(leaf.head, leaf.size):
            return [f"a resource of {leaf.size} bytes that IExpress's stub unpacks is a cabinet"]
    return []


def _cab_header(header: bytes, left: int) -> bool:
    if len(header) < _CABINET.size:
        return False
    signature, size, files, minor, major = _CABINET.unpack_from(header)
    return signature == b"MSCF" and (major, minor) == (1, 3) and files < size <= left


def _zip(view: PackerView) -> Evidence:
    """A zip archive in the overlay, known by its end record."""
    archive = None if view.overlay is None else find_zip(view.overlay)
    if archive is None:
        return []
    return [f"a zip archive of {archive.entries} files is appended at {archive.offset:#x}"]


def _appended(
    view: PackerView, signature: bytes, what: str, valid: Callable[[bytes, int], bool]
) -> Evidence:
    """An archive near the overlay's beginning: ``valid`` is given its head and how many bytes there are from it."""
    overlay = view.overlay
    place = -1 if overlay is None else _find(overlay, signature, valid)
    if overlay is None or place < 0:
        return []
    return [f"{what} is appended at {overlay.offset + place:#x}"]


def _find(overlay: OverlayView, signature: bytes, valid: Callable[[bytes, int], bool]) -> int:
    place = overlay.head.find(signature)
    while place >= 0 and not valid(overlay.head[place : place + 64], overlay.size - place):
        place = overlay.head.find(signature, place + 1)
    return place


ARCHIVES: Final = (
    Rule("7-Zip SFX", "https://www.7-zip.org/recover.html", _seven_zip),
    Rule("RAR SFX", "https://www.rarlab.com/technote.htm", _rar),
    Rule(
        "CAB SFX",
        "https://learn.microsoft.com/en-us/previous-versions/bb267310(v=vs.85)",
        _cab,
    ),
    Rule("ZIP SFX", "https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT", _zip),
)
