"""Protectors that turn code into that of a machine of their own: Themida, VMProtect and what is laid out like them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.shape import (
    before_entry,
    dense,
    few_imports,
    finds_imports_itself,
    hollow,
    self_modifying,
)
from vedette.filefacts.packers.view import PackerView, SectionView

_FEWEST_SECTIONS: Final = 4
_LEAST_SHARE: Final = 4  # a quarter of the file at least is the protector's own
_ENTER: Final = re.compile(rb"\x68....\xe8", re.DOTALL)  # push where to begin; call the machine
_DATABASE: Final = "https://github.com/horsicq/Detect-It-Easy/blob/master/db/PE"


def _themida(view: PackerView) -> Evidence:
    """The program packed in the first section, then its resources and a table of imports that leads nowhere, not even
    to what finds functions, and the protector's own section, entered at its first byte. Since version 3 an empty
    section for the unpacked machine stands before that.
    """
    entry = view.entry
    if entry is None or view.entry_point != entry.virtual_address:
        return []
    if (view.entry_section or 0) < _FEWEST_SECTIONS - 1 or not few_imports(view):
        return []
    first = view.sections[0]
    if dense(first) and self_modifying(first) and self_modifying(entry):
        if finds_imports_itself(view):
            return []
        return [
            "the first section is packed code, and a section far behind it is entered at its first byte",
            "the imports are a stand-in that does not even find functions",
        ]
    if _room(before_entry(view)) and _holds_the_program(view, entry):
        return [
            "a packed section that is most of the program is entered at its first byte",
            "an empty section for the unpacked code lies before it",
        ]
    return []


def _vmprotect(view: PackerView) -> Evidence:
    """The program's sections emptied, an empty one for the unpacked machine among them, and all code in a packed
    section behind them, mostly entered in its midst by pushing an address and calling the machine.
    """
    evidence = _layout(view)
    if evidence and _ENTER.match(view.entry_bytes):
        return [*evidence, "the entry point pushes an address and calls the machine"]
    if evidence and _called(view, ".vmp0", ".vmp1"):
        return [*evidence, "sections are called .vmp0 and .vmp1"]
    return []


def _layout(view: PackerView) -> Evidence:
    """What both have in common: an emptied program and one large packed section with the entry point."""
    entry = view.entry
    if entry is None or len(view.sections) < _FEWEST_SECTIONS or not few_imports(view):
        return []
    emptied = _rooms(view.sections[: view.entry_section])
    if not emptied or not _holds_the_program(view, entry):
        return []
    return [
        f"{emptied} sections for code have nothing in the file",
        "the entry point is in a packed section behind them, which is most of the program",
        "next to nothing is imported of each library",
    ]


def _called(view: PackerView, *names: str) -> bool:
    return {section.name for section in view.sections}.issuperset(names)


def _rooms(sections: Sequence[SectionView]) -> int:
    return sum(map(_room, sections))


def _room(section: SectionView | None) -> bool:
    return section is not None and hollow(section) and section.executable


def _holds_the_program(view: PackerView, section: SectionView) -> bool:
    return section.executable and dense(section) and section.raw_size * _LEAST_SHARE >= view.size


PROTECTORS: Final = (
    Rule("VMProtect", f"{_DATABASE}/protector_VMProtect.2.sg", _vmprotect),
    Rule("Themida", f"{_DATABASE}/protector_Themida.2.sg", _themida),
    Rule("Themida/VMProtect-like", f"{_DATABASE}/protector_Themida.2.sg", _layout),
)
