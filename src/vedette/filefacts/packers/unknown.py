"""Packed by something that has no rule here."""

from __future__ import annotations

from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.shape import (
    dense,
    few_imports,
    finds_imports_itself,
    hollow,
    self_modifying,
)
from vedette.filefacts.packers.view import PackerView


def _look(view: PackerView) -> Evidence:
    """Code as even as noise in a program that finds its functions itself, and a second sign: that it imports next to
    nothing, or that it is entered behind its code where code can write over itself. For small programs, whose packed
    code is too short to be that even, an empty first section does.
    """
    entry = view.entry
    if entry is None or not finds_imports_itself(view):
        return []
    late, few = bool(view.entry_section), few_imports(view)
    evidence = ["it imports what finds the other functions"]
    if few:
        evidence.append("next to nothing is imported of each library")
    if late and self_modifying(entry):
        evidence.append("the entry point is behind the first section, in code that can be written")
    if any(dense(section) and section.executable for section in view.sections):
        evidence.append("a section of code is as even as noise")
    elif few and late and any(dense(section) and section.writable for section in view.sections):
        evidence.append("a section that can be written is as even as noise")
    elif few and late and self_modifying(entry) and hollow(view.sections[0]):
        evidence.append("the first section has room for code and nothing in the file")
    else:
        return []
    return evidence if len(evidence) > 2 else []


UNKNOWN: Final = Rule("unknown packer", "https://doi.org/10.1016/j.patrec.2008.06.016", _look)
