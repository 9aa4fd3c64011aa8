"""A hive's keys by their paths."""

from __future__ import annotations

from typing import Final

from vedette.errors import Unreadable
from vedette.formats.regf.base import BLOCK, Base, Content, primary_of
from vedette.formats.regf.cells import Cells, KeyCell, ValueCell
from vedette.formats.regf.packed import PackedKey, PackedValue

_FIRST: Final = 32  # the place of the first cell, and of nearly every root
_SEGMENTED: Final = 4  # the first version that keeps large data in parts

# What one answer may hold: no registry that people work with comes near.
_KEYS: Final = 200_000
_VALUES: Final = 400_000
_BYTES: Final = 24 << 20
_DEEPEST: Final = 64
_INDEXED: Final = 100_000

TOO_MUCH: Final = "more is below a key than can be told"
LOOP: Final = "a key in the hive is below itself"
SHORT_FILE: Final = "the hive is cut off"
HEADER: Final = "the hive's header is damaged"

_LINK: Final = 6  # REG_LINK of winnt.h


class Tree:
    """The keys of the hive ``content``. ``damage`` is what else is known to be wrong with it; every answer says so.

    Raises ``Unreadable`` where there is no root to begin at.
    """

    def __init__(self, content: Content, damage: tuple[str, ...] = ()) -> None:
        base = primary_of(content)
        self._cells = Cells(content, segmented=base.minor >= _SEGMENTED)
        self._names: dict[int, tuple[dict[str, int], str | None]] = {}
        self._indexed = 0
        self._root = self._first_key(base)
        if not base.sound:
            damage = (*damage, HEADER)
        if BLOCK + base.size > len(content):
            damage = (*damage, SHORT_FILE)
        self.damage = damage

    def find(self, path: str) -> tuple[KeyCell, str | None] | None:
        """The key at ``path``; with it, where that stands for another key, the other's path with the rest of this one.

        ``None`` where there is no such key. Raises ``Unreadable`` where it may have been lost.
        """
        key, parts = self._cells.key(self._root), [part for part in path.split("\\") if part]
        place = self._root
        for index, part in enumerate(parts):
            names, damaged = self._below(place, key)
            below = names.get(part.casefold())
            if below is None:
                if damaged:
                    raise Unreadable(damaged)
                return None
            place, key = below, self._cells.key(below)
            if key.link and (target := self._target(key)):
                return key, "\\".join((target, *parts[index + 1 :]))
        return key, None

    def told(self, key: KeyCell, depth: int) -> PackedKey:
        """``key`` with ``depth`` levels below it."""
        told = _Telling(self._cells).key(key, min(depth, _DEEPEST), ())
        if depth > _DEEPEST and key.keys:
            told = _damaged(told, (TOO_MUCH,))
        return _damaged(told, self.damage)

    def _first_key(self, base: Base) -> int:
        for place in (base.root, _FIRST):
            try:
                self._cells.key(place)
            except Unreadable:
                continue
            return place
        raise Unreadable("the root of the hive is damaged")

    def _below(self, place: int, key: KeyCell) -> tuple[dict[str, int], str | None]:
        """The places of the keys below the one at ``place`` by their folded names, and why some may be missing."""
        if place in self._names:
            return self._names[place]
        damage: set[str] = set()
        names: dict[str, int] = {}
        for below in self._cells.below(key, damage):
            try:
                names.setdefault(self._cells.key(below).name.casefold(), below)
            except Unreadable as error:
                damage.add(error.reason)
        self._indexed += len(names)
        if self._indexed > _INDEXED:
            self._names.clear()
            self._indexed = len(names)
        self._names[place] = names, min(damage, default=None)
        return self._names[place]

    def _target(self, key: KeyCell) -> str:
        for value in self._cells.values(key, set()):
            if value.kind == _LINK and value.data:
                return value.data.decode("utf-16-le", "replace").rstrip("\0")
        return ""


class _Telling:
    """One answer, and how much of it there may still be."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._keys, self._values, self._bytes = _KEYS, _VALUES, _BYTES

    def key(self, key: KeyCell, depth: int, above: tuple[int, ...]) -> PackedKey:
        damage: set[str] = set()
        values = []
        for value in self._cells.values(key, damage):
            self._values -= 1
            self._bytes -= len(value.name) + len(value.data or b"")
            if self._values < 0 or self._bytes < 0:
                damage.add(TOO_MUCH)
                break
            values.append(_packed(value))
        keys = []
        for place in self._cells.below(key, damage) if depth else ():
            self._keys -= 1
            if self._keys < 0:
                damage.add(TOO_MUCH)
                break
            if place in above:
                damage.add(LOOP)
                continue
            try:
                told = self.key(self._cells.key(place), depth - 1, (*above, place))
            except Unreadable as error:
                damage.add(error.reason)
                continue
            damage.update(told.damage)
            keys.append(told)
        return PackedKey(key.name, key.written, tuple(values), tuple(keys), tuple(sorted(damage)))


def _damaged(key: PackedKey, more: tuple[str, ...]) -> PackedKey:
    damage = tuple(dict.fromkeys((*more, *key.damage)))
    return PackedKey(key.name, key.written, key.values, key.keys, damage)


def _packed(value: ValueCell) -> PackedValue:
    """``value`` as ``vedette.host.registry.Data`` has it."""
    data = value.data
    match value.kind:
        case _ if data is None:
            return PackedValue(value.name, value.kind)
        case 1 | 2:  # REG_SZ, REG_EXPAND_SZ
            text = data[: len(data) & ~1].decode("utf-16-le", "replace")
            return PackedValue(value.name, value.kind, text.partition("\0")[0])
        case 4 | 11 if 0 < len(data) <= 8:  # REG_DWORD, REG_QWORD
            return PackedValue(value.name, value.kind, int.from_bytes(data, "little"))
        case 7:  # REG_MULTI_SZ
            text = data[: len(data) & ~1].decode("utf-16-le", "replace").rstrip("\0")
            return PackedValue(value.name, value.kind, tuple(text.split("\0")) if text else ())
    return PackedValue(value.name, value.kind, None, data)
