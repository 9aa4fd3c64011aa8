"""A hive in a file: looked at shut in, answered in values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from vedette.clock import from_filetime
from vedette.errors import Unreadable
from vedette.formats.regf.packed import Answer, PackedKey
from vedette.host import Parser
from vedette.host.registry import Key, Value

HIVE: Final = Parser("vedette.formats.regf.look:look", Answer, memory=1 << 30, longest=96 << 20)
"""Looks at hives and their logs."""

_LOGS: Final = (".LOG1", ".LOG2", ".LOG")
_TRIES: Final = 3


class Parse(Protocol):
    """How a host has a file looked at (``Host.parse``)."""

    def __call__(self, parser: Parser[Answer], path: str, /, **arguments: object) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Link:
    """A key stands for another, whose path from ``\\Registry`` this is."""

    target: str


class HiveFile:
    """The hive at ``path``, with its logs where they lie beside it. Which those are is only asked if it needs them."""

    def __init__(self, parse: Parse, path: str) -> None:
        self._parse = parse
        self._path = path
        self._logs: list[str] | None = None

    def look(self, path: str, depth: int) -> Key | Link | None:
        """The key at ``path`` below the hive's root, or what it stands for. Raises ``Unreadable``."""
        for _ in range(_TRIES):
            answer = self._parse(HIVE, self._path, path=path, depth=depth, logs=self._logs)
            match answer.state:
                case "key" if answer.key is not None:
                    return _key(answer.key)
                case "link":
                    return Link(answer.link)
                case "absent":
                    return None
            self._logs = list(self._held())
        raise Unreadable("the hive cannot be put together with its logs")

    def key(self, path: str, depth: int = 0) -> Key | None:
        """See ``Hive``; links lead out of this one, and are not followed."""
        found = self.look(path, depth)
        return found if isinstance(found, Key) else None

    def _held(self) -> Sequence[str]:
        """The logs that there are, each handed over."""
        found = []
        for suffix in _LOGS:
            try:
                found.append(self._parse(HIVE, self._path + suffix, hold=True).log)
            except Unreadable:
                continue
        return found


def _key(packed: PackedKey) -> Key:
    return Key(
        packed.name,
        from_filetime(packed.written),
        tuple([Value(v.name, v.kind, v.data if v.raw is None else v.raw) for v in packed.values]),
        tuple([_key(each) for each in packed.keys]),
        packed.damage,
    )
