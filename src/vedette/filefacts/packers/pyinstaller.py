"""Programs that PyInstaller made of Python scripts."""

from __future__ import annotations

import re
import struct
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.view import OverlayView, PackerView

_MAGIC: Final = b"MEI\x0c\x0b\x0a\x0b\x0e"
_COOKIE: Final = struct.Struct(
    ">8sIIII"
)  # magic, archive's length, its contents' place and length, Python's version
_LIBRARY: Final = 64  # bytes of the library's name, since version 2
_PYTHON: Final = re.compile(rb"(lib)?python\d[\w.]*\0")


def _look(view: PackerView) -> Evidence:
    """The cookie that ends the archive in the overlay. It says how long archive and table of contents are, so one with
    another mark is known as well, by the library's name that ends it.
    """
    overlay = view.overlay
    if overlay is None:
        return []
    last = len(overlay.tail) - _COOKIE.size - _LIBRARY
    for place in (overlay.tail.rfind(_MAGIC), last):
        if place >= 0 and (evidence := _cookie(overlay, place)):
            return evidence
    return []


def _cookie(overlay: OverlayView, place: int) -> Evidence:
    rest = overlay.tail[place:]
    if len(rest) < _COOKIE.size:
        return []
    magic, length, contents, contents_length, version = _COOKIE.unpack_from(rest)
    before = overlay.size - len(rest) + _COOKIE.size
    fits = contents + contents_length <= length <= before + _LIBRARY and contents_length > 0
    library = _PYTHON.match(rest[_COOKIE.size :])
    if not fits or not (magic == _MAGIC or library):
        return []
    evidence = [f"the overlay ends with the cookie of an archive of {length} bytes"]
    if magic == _MAGIC:
        evidence.append("the cookie bears the mark MEI")
    if library:
        evidence.append(f"it is for Python {_release(version)}")
    return evidence


def _release(version: int) -> str:
    """3.7 was written 37, 3.10 is 310."""
    return (
        f"{version // 100}.{version % 100}" if version >= 100 else f"{version // 10}.{version % 10}"
    )


PYINSTALLER: Final = Rule(
    "PyInstaller",
    "https://github.com/pyinstaller/pyinstaller/blob/develop/PyInstaller/archive/writers.py",
    _look,
)
