"""A hive's cells: keys, values, and the lists that lead from one to the other. Each is read for itself.

Whatever does not fit its own cell raises ``Unreadable``, with a reason that holds no name.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from vedette.errors import Unreadable
from vedette.formats.regf.base import BLOCK, Content

NOWHERE: Final = 0xFFFFFFFF
KEY_DAMAGED: Final = "a key in the hive is damaged"
LIST_DAMAGED: Final = "a list of keys in the hive is damaged"
VALUES_DAMAGED: Final = "a list of values in the hive is damaged"
VALUE_DAMAGED: Final = "a value in the hive is damaged"
VALUE_TOO_LARGE: Final = "a value in the hive is too large"

LARGEST_VALUE: Final = 1 << 20
"""Bytes of the largest value whose data is read. Windows itself advises to keep more than 2048 in files."""

_SIZE: Final = struct.Struct("<i")
_NUMBER: Final = struct.Struct("<I")
_HEAD: Final = struct.Struct("<2sH")
# Mark, flags, time of the last write; number and list of subkeys; number and list of values; length of the name.
_KEY: Final = struct.Struct("<2sHQ8xI4xI4xII28xH2x")
# Mark, length of the name; size, place and kind of the data; flags.
_VALUE: Final = struct.Struct("<2sHIIIH2x")
_LINK_FLAG, _NARROW_KEY, _NARROW_VALUE = 0x10, 0x20, 0x01
_IN_PLACE: Final = 0x80000000
_SEGMENT: Final = 16344  # bytes of data in each cell but the last, where one does not hold it


class KeyCell(NamedTuple):
    """A key: ``written`` is a FILETIME, the rest are numbers and places of cells. ``link``: it stands for another."""

    name: str
    written: int
    link: bool
    keys: int
    keys_at: int
    values: int
    values_at: int


class ValueCell(NamedTuple):
    """A value: ``data`` is ``None`` where it could not be read, and ``damage`` says why."""

    name: str
    kind: int
    data: bytes | None
    damage: str | None


class Cells:
    """The cells of the hive ``content``; ``segmented``: its version keeps large data in parts."""

    def __init__(self, content: Content, *, segmented: bool) -> None:
        self._content = content
        self._end = len(content)
        self._segmented = segmented

    def key(self, place: int) -> KeyCell:
        """The key at ``place``. Raises ``Unreadable``."""
        start, end = self._cell(place, KEY_DAMAGED)
        if end - start < _KEY.size:
            raise Unreadable(KEY_DAMAGED)
        mark, flags, written, keys, keys_at, values, values_at, length = _KEY.unpack_from(
            self._content, start
        )
        begin = start + _KEY.size
        if mark != b"nk" or begin + length > end:
            raise Unreadable(KEY_DAMAGED)
        name = _name(self._content[begin : begin + length], narrow=bool(flags & _NARROW_KEY))
        return KeyCell(name, written, bool(flags & _LINK_FLAG), keys, keys_at, values, values_at)

    def below(self, key: KeyCell, damage: set[str]) -> list[int]:
        """The places of the keys below ``key``, each once; what cannot be read of their lists goes to ``damage``."""
        if not key.keys:
            return []
        found = dict.fromkeys(self._listed(key.keys_at, damage, nested=False))
        if len(found) != key.keys:
            damage.add(LIST_DAMAGED)
        return list(found)

    def values(self, key: KeyCell, damage: set[str]) -> Iterator[ValueCell]:
        """The values of ``key``; what cannot be read of them goes to ``damage``."""
        if not key.values:
            return
        try:
            start, end = self._cell(key.values_at, VALUES_DAMAGED)
        except Unreadable as error:
            damage.add(error.reason)
            return
        count = min(key.values, (end - start) // _NUMBER.size)
        if count < key.values:
            damage.add(VALUES_DAMAGED)
        for place in struct.unpack_from(f"<{count}I", self._content, start):
            try:
                value = self._value(place)
            except Unreadable as error:
                damage.add(error.reason)
                continue
            if value.damage:
                damage.add(value.damage)
            yield value

    def _cell(self, place: int, damaged: str) -> tuple[int, int]:
        """Where the content of the cell at ``place`` begins and ends."""
        start = BLOCK + place
        if start + _SIZE.size > self._end or place % 8:
            raise Unreadable(damaged)
        (size,) = _SIZE.unpack_from(self._content, start)
        end = start - size
        # The size of a cell in use is kept negative.
        if size > -8 or end > self._end:
            raise Unreadable(damaged)
        return start + _SIZE.size, end

    def _listed(self, place: int, damage: set[str], *, nested: bool) -> Iterator[int]:
        try:
            start, end = self._cell(place, LIST_DAMAGED)
        except Unreadable as error:
            damage.add(error.reason)
            return
        mark, count = _HEAD.unpack_from(self._content, start)
        start += _HEAD.size
        width = {b"lf": 8, b"lh": 8, b"li": 4, b"ri": 4}.get(mark)
        if width is None or (mark == b"ri" and nested):
            damage.add(LIST_DAMAGED)
            return
        fitting = min(count, (end - start) // width)
        if fitting < count:
            damage.add(LIST_DAMAGED)
        # In these two lists a hash of the name follows each place.
        places = struct.unpack_from(f"<{fitting * width // 4}I", self._content, start)
        if mark != b"ri":
            yield from places[:: width // 4]
            return
        for each in dict.fromkeys(places):
            yield from self._listed(each, damage, nested=True)

    def _value(self, place: int) -> ValueCell:
        start, end = self._cell(place, VALUE_DAMAGED)
        if end - start < _VALUE.size:
            raise Unreadable(VALUE_DAMAGED)
        mark, length, size, data_at, kind, flags = _VALUE.unpack_from(self._content, start)
        begin = start + _VALUE.size
        if mark != b"vk" or begin + length > end:
            raise Unreadable(VALUE_DAMAGED)
        name = _name(self._content[begin : begin + length], narrow=bool(flags & _NARROW_VALUE))
        try:
            return ValueCell(name, kind, self._data(size, data_at), None)
        except Unreadable as error:
            return ValueCell(name, kind, None, error.reason)

    def _data(self, size: int, place: int) -> bytes:
        if size & _IN_PLACE:
            # Up to four bytes stand where else their place is told.
            if (size := size & ~_IN_PLACE) > _NUMBER.size:
                raise Unreadable(VALUE_DAMAGED)
            return _NUMBER.pack(place)[:size]
        if not size:
            return b""
        if size > LARGEST_VALUE:
            raise Unreadable(VALUE_TOO_LARGE)
        start, end = self._cell(place, VALUE_DAMAGED)
        if self._segmented and size > _SEGMENT:
            return self._joined(start, end, size)
        if start + size > end:
            raise Unreadable(VALUE_DAMAGED)
        return bytes(self._content[start : start + size])

    def _joined(self, start: int, end: int, size: int) -> bytes:
        """Data of ``size`` bytes whose cell, from ``start`` to ``end``, leads to a list of the cells with its parts."""
        if end - start < 8:
            raise Unreadable(VALUE_DAMAGED)
        mark, count = _HEAD.unpack_from(self._content, start)
        (place,) = _NUMBER.unpack_from(self._content, start + _HEAD.size)
        listed, end = self._cell(place, VALUE_DAMAGED)
        if mark != b"db" or count * _NUMBER.size > end - listed:
            raise Unreadable(VALUE_DAMAGED)
        parts = bytearray()
        for each in struct.unpack_from(f"<{count}I", self._content, listed):
            begin, stop = self._cell(each, VALUE_DAMAGED)
            parts += self._content[begin : min(stop, begin + min(_SEGMENT, size - len(parts)))]
            if len(parts) == size:
                return bytes(parts)
        raise Unreadable(VALUE_DAMAGED)


def _name(written: bytes | bytearray, *, narrow: bool) -> str:
    return written.decode("latin-1") if narrow else written.decode("utf-16-le", "replace")
