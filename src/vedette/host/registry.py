"""The Windows registry as values: keys with what lies below them, of a running system, an image or a loose hive.

A key is read with as many levels below it as are asked for, and is a value from then on: nothing here holds a handle
or a file. Names compare without regard to case, as Windows has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

Data = str | int | bytes | tuple[str, ...] | None
"""What a value holds: text of REG_SZ and REG_EXPAND_SZ up to its first NUL, not expanded; the number of REG_DWORD and
REG_QWORD; the texts of REG_MULTI_SZ; the bytes of everything else; ``None`` where it could not be read."""

REG_SZ: Final = 1
REG_BINARY: Final = 3
REG_DWORD: Final = 4
REG_MULTI_SZ: Final = 7


@dataclass(frozen=True, slots=True)
class Value:
    """``name`` is empty for a key's default value; ``kind`` is a ``REG_…`` number of winnt.h."""

    name: str
    kind: int
    data: Data


@dataclass(frozen=True, slots=True)
class Key:
    """A key with its values and those keys below it that were asked for.

    ``written`` is when it was last changed (UTC); ``damage`` says, in phrases without a name, what in it or below it
    could not be read.
    """

    name: str
    written: datetime | None = None
    values: tuple[Value, ...] = ()
    keys: tuple[Key, ...] = ()
    damage: tuple[str, ...] = ()
    _by_name: dict[str, Value] = field(default_factory=dict, init=False, repr=False, compare=False)

    def value(self, name: str) -> Data:
        """The data of the value ``name``; ``None`` where there is none."""
        if not self._by_name:
            for each in self.values:
                self._by_name.setdefault(each.name.casefold(), each)
        found = self._by_name.get(name.casefold())
        return found.data if found else None

    def text(self, name: str) -> str | None:
        """The value ``name`` where it holds some text."""
        data = self.value(name)
        return data if isinstance(data, str) and data else None

    def number(self, name: str) -> int | None:
        """The value ``name`` where it holds a number."""
        data = self.value(name)
        return data if isinstance(data, int) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of the value ``name``, without empty ones; of one that is a single text, that."""
        data = self.value(name)
        found = data if isinstance(data, tuple) else (data,) if isinstance(data, str) else ()
        return tuple(each for each in found if each)

    def key(self, path: str) -> Key | None:
        """The key at ``path`` below this one, as far as it was read."""
        found: Key | None = self
        for part in path.split("\\"):
            if found is None:
                break
            name = part.casefold()
            found = next((key for key in found.keys if key.name.casefold() == name), None)
        return found


class Hive(Protocol):
    """A tree of keys."""

    def key(self, path: str, depth: int = 0) -> Key | None:
        """The key at ``path`` (parts joined by backslashes) with ``depth`` levels of keys below it; ``None`` where
        there is none.

        Raises ``Unreadable`` where it cannot be read at all; of what is read in part, ``Key.damage`` says so.
        """
        ...


class Registry(Protocol):
    """The registry of one computer."""

    @property
    def machine(self) -> Hive:
        """Paths begin as below HKEY_LOCAL_MACHINE: ``SYSTEM\\CurrentControlSet\\…``, which is resolved through
        ``Select``, ``SOFTWARE\\…``, ``SOFTWARE\\WOW6432Node\\…``.
        """
        ...

    def users(self) -> Sequence[Hive]:
        """A hive for each user that has one here, in no order that tells who; paths begin as below HKEY_CURRENT_USER
        (``Software\\…``, ``Control Panel\\…``), and ``Software\\Classes`` leads on into that user's classes.

        Raises ``Unreadable`` where they cannot be told at all. One that cannot be read raises when it is asked.
        """
        ...


class _NoHive:
    def key(self, path: str, depth: int = 0) -> Key | None:  # noqa: ARG002 - there is nothing anywhere
        return None


class _NoRegistry:
    machine: Hive = _NoHive()

    def users(self) -> Sequence[Hive]:
        return ()


NO_REGISTRY: Final[Registry] = _NoRegistry()
"""Of a system that has none."""
