"""UPX, also where names and marks were wiped out."""

from __future__ import annotations

import re
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.shape import (
    before_entry,
    few_imports,
    finds_imports_itself,
    hollow,
    named,
    self_modifying,
)
from vedette.filefacts.packers.view import PackerView, SectionView

_PAGE: Final = 0x1000
_STUB: Final = re.compile(
    rb"(?:\x60\xbe....|\x53\x56\x57\x55\x48\x8d\x35....\x48)"  # pushad, or pushes; esi: where the packed code is
    rb"\x8d\xbe(....)",  # lea edi, [esi - n]: where it goes
    re.DOTALL,
)
_STUB_WITHIN: Final = 64  # libraries check first whether they are being loaded


def _look(view: PackerView) -> Evidence:
    """Two sections that code can be written to and run from: the first has nothing in the file, the second the packed
    code and, behind it, the stub with the entry point. The stub unpacks from the second to the beginning of the first,
    and the distance stands in its code. Where the stub is another, what is left of the imports and a name or mark
    must do.
    """
    room, packed = before_entry(view), view.entry
    if room is None or packed is None:
        return []
    if not (hollow(room) and self_modifying(room) and self_modifying(packed)):
        return []
    evidence = ["an empty section with room for code lies before the one with the entry point"]
    if _unpacks(view, room, packed):
        return [*evidence, "the stub at the entry point unpacks the second section into the first"]
    if not (few_imports(view) and finds_imports_itself(view)):
        return []
    evidence.append(
        "it imports what finds the other functions, and next to nothing of each library"
    )
    if named((room, packed), "UPX0", "UPX1"):
        return [*evidence, "the sections are called UPX0 and UPX1"]
    if b"UPX!" in view.head:
        return [*evidence, "UPX's header follows the section table"]
    return []


def _unpacks(view: PackerView, room: SectionView, packed: SectionView) -> bool:
    stub = _STUB.search(view.entry_bytes, 0, _STUB_WITHIN)
    if stub is None:
        return False
    back = -int.from_bytes(stub[1], "little", signed=True)
    # The packed code may begin a little behind its section's beginning.
    return 0 <= back - (packed.virtual_address - room.virtual_address) < _PAGE


UPX: Final = Rule(
    "UPX", "https://github.com/upx/upx/blob/devel/src/stub/src/i386-win32.pe.S", _look
)
