"""ASPack, also with renamed sections."""

from __future__ import annotations

from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.shape import (
    after_entry,
    dense,
    few_imports,
    finds_imports_itself,
    hollow,
    self_modifying,
)
from vedette.filefacts.packers.view import PackerView

_PUSHAD: Final = b"\x60"
_CALL_OR_JUMP: Final = (b"\xe8", b"\xe9", b"\xeb")


def _look(view: PackerView) -> Evidence:
    """Two sections behind the program's own: one with the stub, whose entry point is its second byte, and an empty one,
    the last. The stub saves all registers and calls over a few bytes that disassemblers trip on. The program's
    sections stay where they were, packed each by itself.
    """
    stub, data = view.entry, after_entry(view)
    if stub is None or data is None or data is not view.sections[-1]:
        return []
    begins = view.entry_bytes[:1] == _PUSHAD and view.entry_bytes[1:2] in _CALL_OR_JUMP
    if view.entry_point != stub.virtual_address + 1 or not begins:
        return []
    packed = any(dense(section) for section in view.sections if section is not stub)
    if not (packed and self_modifying(stub) and hollow(data)):
        return []
    if not (few_imports(view) and finds_imports_itself(view)):
        return []
    return [
        "the last two sections are a stub, entered at its second byte, and an empty one",
        "the stub saves all registers and calls over what follows",
        "the sections before are packed, and next to nothing is imported of each library",
    ]


ASPACK: Final = Rule(
    "ASPack",
    "https://github.com/horsicq/Detect-It-Easy/blob/master/db/PE/packer_ASPack.2.sg",
    _look,
)
