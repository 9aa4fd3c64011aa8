"""What packed programs look like, whoever packed them.

After Lyda and Hamrock, "Using Entropy Analysis to Find Encrypted and Packed Malware", IEEE Security & Privacy 5(2),
2007, and Perdisci, Lanzi and Lee, "Classification of packed executables for accurate computer virus detection",
Pattern Recognition Letters 29(14), 2008: packed code is as even as noise, its sections can be written and executed,
and what it imports is what it takes to find the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vedette.filefacts.packers.view import PackerView, SectionView

DENSE: Final = 7.2
"""Bits per byte. Code that compilers made stays below in hundreds of clean files; compressed code is above."""

_SYSTEM: Final = frozenset({"kernel32.dll", "kernelbase.dll", "ntdll.dll"})
_MOST_SYSTEM: Final = 16
_MOST_OTHER: Final = 4
"""A packer keeps a function or so of each library, so that the loader still loads it."""

_FINDERS: Final = frozenset({"GetProcAddress", "LdrGetProcedureAddress"})
_LOADERS: Final = ("LoadLibrary", "GetModuleHandle", "LdrLoadDll", "LdrGetDllHandle")


def few_imports(view: PackerView) -> bool:
    """It imports something, and next to nothing of each library."""
    return bool(view.imports) and all(
        len(set(names)) <= (_MOST_SYSTEM if library in _SYSTEM else _MOST_OTHER)
        for library, names in view.imports.items()
    )


def finds_imports_itself(view: PackerView) -> bool:
    """It imports what it takes to find every other function."""
    names = {name for library in view.imports.values() for name in library}
    return not names.isdisjoint(_FINDERS) and any(name.startswith(_LOADERS) for name in names)


def dense(section: SectionView) -> bool:
    return section.entropy is not None and section.entropy >= DENSE


def hollow(section: SectionView) -> bool:
    """It has room in memory and nothing in the file."""
    return section.raw_size == 0 and section.virtual_size > 0


def self_modifying(section: SectionView) -> bool:
    """Its code can write over itself."""
    return section.executable and section.writable


def before_entry(view: PackerView) -> SectionView | None:
    """The section in front of the one that the entry point is in."""
    return view.sections[view.entry_section - 1] if view.entry_section else None


def after_entry(view: PackerView) -> SectionView | None:
    """The section behind the one that the entry point is in."""
    place = len(view.sections) if view.entry_section is None else view.entry_section + 1
    return view.sections[place] if place < len(view.sections) else None


def named(sections: Iterable[SectionView | None], *names: str) -> bool:
    """Whether ``sections`` bear just these names, in that order."""
    return [section and section.name.rstrip(" \0") for section in sections] == list(names)
