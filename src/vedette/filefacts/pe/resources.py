"""The tree of resources: icons, dialogues, the version, the manifest.

After "PE Format", The .rsrc Section: Resource Directory Table, Entries, String, Data Entry. The tree has three levels:
type, name, language.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vedette.filefacts.pe.headers import Directory
from vedette.filefacts.pe.image import Image

VERSION: Final = 16  # RT_VERSION
MANIFEST: Final = 24  # RT_MANIFEST

MAX_ENTRIES: Final = 16384
"""Of all levels together. A tree that leads back into itself ends there."""

_COUNTS: Final = struct.Struct("<12xHH")  # named entries, numbered entries
_ENTRY: Final = struct.Struct("<II")
_DATA: Final = struct.Struct("<II8x")
_HIGH: Final = 1 << 31
_LONGEST_NAME: Final = 256  # characters


@dataclass(frozen=True, slots=True)
class Resource:
    """A leaf. ``address`` is where its ``size`` bytes are in the image, ``language`` a Windows language id."""

    type: int | str
    name: int | str
    language: int
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class Resources:
    """The leaves in the order of the tree. ``problem`` says what could not be read."""

    leaves: tuple[Resource, ...]
    problem: str | None = None


def read_resources(image: Image) -> Resources:
    """The leaves of the resource directory."""
    root, _ = image.headers.directory(Directory.RESOURCE)
    if not root:
        return Resources(())
    if not image.read(root, _COUNTS.size):
        return Resources((), "the resources lie out of the file")
    tree = _Tree(image, root)
    leaves = tuple(tree.leaves())
    if tree.left <= 0:
        return Resources(leaves, f"of more than {MAX_ENTRIES} resources the first were read")
    return Resources(leaves)


class _Tree:
    """Reads entries until there were ``MAX_ENTRIES``."""

    def __init__(self, image: Image, root: int) -> None:
        self.left = MAX_ENTRIES
        self._image = image
        self._root = root

    def leaves(self) -> Iterator[Resource]:
        for kind, below in self._entries(_HIGH):
            for name, further in self._entries(below):
                for language, place in self._entries(further):
                    leaf = self._image.read(self._root + place, _DATA.size)
                    if place < _HIGH and len(leaf) == _DATA.size:
                        address, size = _DATA.unpack(leaf)
                        number = language if isinstance(language, int) else 0
                        yield Resource(kind, name, number, address, size)

    def _entries(self, place: int) -> Iterator[tuple[int | str, int]]:
        """Identifier and place of what is in the directory at ``place``, nothing where that is a leaf."""
        if place < _HIGH:
            return
        address = self._root + place - _HIGH
        header = self._image.read(address, _COUNTS.size)
        if len(header) < _COUNTS.size:
            return
        count = min(sum(_COUNTS.unpack(header)), self.left)
        rows = self._image.read(address + _COUNTS.size, count * _ENTRY.size)
        for identifier, below in _ENTRY.iter_unpack(rows[: len(rows) - len(rows) % _ENTRY.size]):
            if self.left <= 0:
                return
            self.left -= 1
            yield self._name(identifier), below

    def _name(self, identifier: int) -> int | str:
        if identifier < _HIGH:
            return identifier
        address = self._root + identifier - _HIGH
        length = int.from_bytes(self._image.read(address, 2), "little")
        text = self._image.read(address + 2, 2 * min(length, _LONGEST_NAME))
        return text.decode("utf-16-le", "replace")
