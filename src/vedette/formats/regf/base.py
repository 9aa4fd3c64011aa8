"""A hive's first block, and what is wrong with it."""

from __future__ import annotations

import mmap
import operator
import struct
from dataclasses import dataclass
from functools import reduce
from typing import Final, TypeAlias

from vedette.errors import Unreadable

Content: TypeAlias = bytes | bytearray | mmap.mmap
"""Something that ``struct`` can unpack from."""

BLOCK: Final = 4096
"""Bytes of a hive's first block: what cells' places are counted from."""

SHORT: Final = 512
"""Bytes of it that mean something, and that a log begins with."""

_FIELDS: Final = struct.Struct("<4sIIQIIIIII")
_CHECKED: Final = struct.Struct("<127I")
_SUM: Final = struct.Struct("<I")
_TYPE: Final = 28
_PRIMARY: Final = 0

FOREIGN: Final = "not a registry hive"


@dataclass(frozen=True, slots=True)
class Base:
    """``primary`` and ``secondary`` count the writes begun and ended: where they differ, one was under way.

    ``written`` is when (FILETIME), ``root`` the place of the root key's cell, ``size`` that of all cells; ``sound``
    says whether the block's own sum is right.
    """

    primary: int
    secondary: int
    written: int
    minor: int
    type: int
    root: int
    size: int
    sound: bool

    @property
    def dirty(self) -> bool:
        """Whether the hive was left with a write under way."""
        return self.primary != self.secondary or not self.sound


def base_of(content: Content) -> Base:
    """The base block of a hive or of a log. Raises ``Unreadable`` with what it is instead."""
    if not len(content):
        raise Unreadable("the hive is empty")
    if bytes(content[:4]) == b"CREG":
        raise Unreadable("a registry of Windows 95, 98 or Me")
    if len(content) < SHORT or bytes(content[:4]) != b"regf":
        raise Unreadable(
            "the hive is cut off in its header" if bytes(content[:4]) == b"regf" else FOREIGN
        )
    _, primary, secondary, written, major, minor, kind, _, root, size = _FIELDS.unpack_from(content)
    sound = _sound(content)
    if major != 1 and sound:
        raise Unreadable("a hive of an unknown version")
    return Base(primary, secondary, written, minor, kind, root, size, sound)


def primary_of(content: Content) -> Base:
    """The base block of a hive itself. Raises ``Unreadable`` too for one of its logs."""
    base = base_of(content)
    if base.type != _PRIMARY and base.sound:
        raise Unreadable("the log of a hive, and no hive")
    return base


def from_log(log: bytes) -> bytes:
    """The first bytes of a hive, after those of its ``log``, which differ in the type of file and the sum."""
    block = bytearray(log[:SHORT])
    _SUM.pack_into(block, _TYPE, _PRIMARY)
    _SUM.pack_into(block, _CHECKED.size, _total(block))
    return bytes(block)


def _sound(content: Content) -> bool:
    return bool(_total(content) == _SUM.unpack_from(content, _CHECKED.size)[0])


def _total(content: Content) -> int:
    """The sum that a block must say of its first 508 bytes."""
    total: int = reduce(operator.xor, _CHECKED.unpack_from(content))
    return {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(total, total)
