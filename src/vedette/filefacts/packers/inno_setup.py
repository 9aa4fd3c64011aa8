"""Installers made with Inno Setup."""

from __future__ import annotations

import struct
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.view import PackerView

_TABLE: Final = b"rDlPtS"
_RCDATA: Final = 10
_ID: Final = 12  # bytes
_LAYOUTS: Final = {
    1: struct.Struct("<III4x4xII"),  # total size, offset of the program, its size, two data offsets
    2: struct.Struct("<QQI4xQQ"),
}
_MODE_AT: Final = 0x30
_MODE: Final = b"Inno"


def _look(view: PackerView) -> Evidence:
    """The loader's table of offsets: since version 5.1.5 a resource with raw data, whatever its number; before, where a
    pointer in the DOS header points to, which stands there twice, once inverted. A loader without an installer has an
    empty table.
    """
    return _table_in_resources(view) or _pointer_in_header(view)


def _table_in_resources(view: PackerView) -> Evidence:
    for leaf in view.resources:
        if leaf.type != _RCDATA or not leaf.head.startswith(_TABLE):
            continue
        layout = _LAYOUTS.get(int.from_bytes(leaf.head[_ID : _ID + 4], "little"))
        if layout is None or len(leaf.head) < _ID + 4 + layout.size:
            continue
        total, program, size, setup, _ = layout.unpack_from(leaf.head, _ID + 4)
        if size and 0 < program < total and 0 < setup < total:
            return [
                "a resource holds the loader's table of offsets",
                f"the table places the setup program at {program:#x} and its data at {setup:#x}",
            ]
    return []


def _pointer_in_header(view: PackerView) -> Evidence:
    mark, pointer, inverted = struct.unpack("<4sII", view.head[_MODE_AT:].ljust(12, b"\0")[:12])
    if mark != _MODE or pointer ^ inverted != 0xFFFFFFFF or not 0 < pointer < view.size:
        return []
    return [f"the DOS header points to the loader's table of offsets at {pointer:#x}"]


INNO_SETUP: Final = Rule(
    "Inno Setup",
    "https://github.com/jrsoftware/issrc/blob/main/Projects/Src/Shared.Struct.pas",
    _look,
)
