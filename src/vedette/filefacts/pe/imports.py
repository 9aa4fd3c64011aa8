"""What a program imports, and the hash over it.

After "PE Format", The .idata Section: Import Directory Table, Import Lookup Table, Hint/Name Table. The import hash is
Mandiant's (https://www.mandiant.com/resources/blog/tracking-malware-import-hashing) as pefile computes it, whose tables
name the functions that old libraries are asked for by number.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import ordlookup

from vedette.filefacts.pe.headers import Directory
from vedette.filefacts.pe.image import Image

INVALID: Final = "*invalid*"
"""Stands for a library whose name no file could have."""

MAX_LIBRARIES: Final = 1024
MAX_FUNCTIONS: Final = 65536
"""Of all libraries together."""

_DESCRIPTOR: Final = struct.Struct("<I8xII")  # lookup table, name, address table
_LONGEST_NAME: Final = 512
_LIBRARY: Final = re.compile(rb"[A-Za-z0-9!#$%&'()\-@^_`{}~+,.;=\[\]:\\/]+")
_FUNCTION: Final = re.compile(rb"[A-Za-z0-9._?@$()<>]+")
_SUFFIXES: Final = frozenset({"dll", "ocx", "sys"})


@dataclass(frozen=True, slots=True)
class Library:
    """A library and what is wanted of it: names, or numbers."""

    name: str
    functions: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Imports:
    """The libraries in the order of the table. ``problem`` says what could not be read."""

    libraries: tuple[Library, ...]
    problem: str | None = None

    def counts(self) -> dict[str, int]:
        """How many functions of each library; one that is listed twice counts together."""
        counts: dict[str, int] = {}
        for library in self.libraries:
            counts[library.name] = counts.get(library.name, 0) + len(library.functions)
        return counts

    def imphash(self) -> str | None:
        """MD5 in hexadecimal, None where nothing is imported."""
        if not self.libraries:
            return None
        hashed = ",".join(self._hashed()).lower()
        return hashlib.md5(hashed.encode(), usedforsecurity=False).hexdigest()

    def _hashed(self) -> Iterator[str]:
        for library in self.libraries:
            stem, _, suffix = library.name.rpartition(".")
            prefix = stem if suffix.lower() in _SUFFIXES else library.name
            for function in library.functions:
                if function != 0:  # to pefile, that number is none
                    yield f"{prefix}.{named(library.name, function)}"


def named(library: str, function: str | int) -> str:
    """The name of ``function``; a number that no table knows is ``ord7``."""
    if isinstance(function, str):
        return function
    name: bytes = ordlookup.ordLookup(library.encode(), function, make_name=True)
    return name.decode()


def read_imports(image: Image) -> Imports:
    """The import directory's table."""
    address, _ = image.headers.directory(Directory.IMPORT)
    if not address:
        return Imports(())
    libraries: list[Library] = []
    tables = _LookupTables(image)
    problem: str | None = None
    for place in range(address, address + MAX_LIBRARIES * _DESCRIPTOR.size, _DESCRIPTOR.size):
        row = image.read(place, _DESCRIPTOR.size)
        if len(row) < _DESCRIPTOR.size:
            problem = "the import table leads out of the file"
            break
        lookup, name_address, bound = _DESCRIPTOR.unpack(row)
        if not name_address or not bound:
            break
        functions = tables.functions(lookup) or tables.functions(bound)
        if not functions:
            problem = "functions of an imported library cannot be read"
            continue
        name = image.text(name_address, _LONGEST_NAME)
        if name:
            valid = _LIBRARY.fullmatch(name)
            libraries.append(Library(name.decode() if valid else INVALID, functions))
    if tables.left <= 0:
        problem = f"of more than {MAX_FUNCTIONS} imported functions the first were read"
    return Imports(tuple(libraries), problem)


class _LookupTables:
    """Reads lookup tables until there were ``MAX_FUNCTIONS`` entries, whatever became of them."""

    def __init__(self, image: Image) -> None:
        self.left = MAX_FUNCTIONS
        self._image = image
        self._entry = struct.Struct("<Q" if image.headers.plus else "<I")
        self._by_number = 1 << (self._entry.size * 8 - 1)

    def functions(self, address: int) -> tuple[str | int, ...]:
        """What the table at ``address`` asks for, nothing where it cannot be one."""
        functions: list[str | int] = []
        for entry in self._entries(address):
            if entry & self._by_number:
                if entry & 0x7FFFFFFF > 0xFFFF:
                    return ()
                functions.append(entry & 0xFFFF)
                continue
            hinted = self._image.read(entry & 0x7FFFFFFF, 2 + _LONGEST_NAME)
            if not hinted:
                return ()
            name = hinted[2:].partition(b"\0")[0]
            if _FUNCTION.fullmatch(name):
                functions.append(name.decode())
        return tuple(functions)

    def _entries(self, address: int) -> Iterator[int]:
        """The entries up to the one that is zero, or to the end of what is mapped."""
        size = self._entry.size
        while address and (block := self._image.read(address, 64 * size)):
            for (entry,) in self._entry.iter_unpack(block[: len(block) - len(block) % size]):
                if not entry or self.left <= 0:
                    return
                self.left -= 1
                yield entry
            if len(block) < 64 * size:
                return
            address += len(block)
