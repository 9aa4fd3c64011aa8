"""A registry made of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vedette.errors import Unreadable
from vedette.host.registry import (
    REG_BINARY,
    REG_DWORD,
    REG_MULTI_SZ,
    REG_SZ,
    Data,
    Hive,
    Key,
    Value,
)

Tree = Mapping[str, Mapping[str, Data]]
"""The values of keys, by the keys' paths; those on the way to a key are there by themselves."""


class FakeHive:
    """The keys of ``tree``. Those of ``refused``, and all below them, cannot be read; ``damage`` is what every answer
    says was lost.
    """

    def __init__(
        self, tree: Tree | None = None, refused: Sequence[str] = (), damage: Sequence[str] = ()
    ) -> None:
        self._refused = [_parts(path) for path in refused]
        self._damage = tuple(damage)
        self._values: dict[str, Value] = {}
        self._below: dict[str, FakeHive] = {}
        self._name = ""
        for path, values in (tree or {}).items():
            found = self
            for part in path.split("\\"):
                found = found._below.setdefault(part.casefold(), FakeHive())
                found._name = found._name or part
            found._values |= {name.casefold(): _value(name, data) for name, data in values.items()}

    def key(self, path: str, depth: int = 0) -> Key | None:
        parts = _parts(path)
        if any(parts[: len(refused)] == refused for refused in self._refused):
            raise Unreadable("not permitted")
        found: FakeHive | None = self
        for part in parts:
            found = found and found._below.get(part)
        return found._as_key(depth, self._damage) if found else None

    def _as_key(self, depth: int, damage: tuple[str, ...] = ()) -> Key:
        below = self._below.values() if depth else ()
        return Key(
            name=self._name,
            values=tuple(self._values.values()),
            keys=tuple(each._as_key(depth - 1) for each in below),
            damage=damage,
        )


@dataclass(frozen=True)
class FakeRegistry:
    """``machine`` as below HKEY_LOCAL_MACHINE, ``people`` as below each user's HKEY_CURRENT_USER."""

    machine: Hive = field(default_factory=FakeHive)
    people: Sequence[Hive] = ()

    def users(self) -> Sequence[Hive]:
        return self.people


def _parts(path: str) -> list[str]:
    return path.casefold().split("\\")


def _value(name: str, data: Data) -> Value:
    match data:
        case str():
            return Value(name, REG_SZ, data)
        case int():
            return Value(name, REG_DWORD, data)
        case tuple():
            return Value(name, REG_MULTI_SZ, data)
    return Value(name, REG_BINARY, data)
