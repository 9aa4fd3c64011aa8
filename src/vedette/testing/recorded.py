"""A computer as it was written down (``vedette.testing.recording``): it answers what it was asked then."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from vedette.errors import ConfigurationError, Unreadable
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.host import Entry, Files, FileStat, Kernel, KernelObject, Parser, Query, Row
from vedette.host.registry import Data, Hive, Key, Registry, Value
from vedette.testing.recording import FORM, Asked, Held, HeldKey, Recording

T = TypeVar("T")
_NOT_ASKED: Final = "not recorded"


class RecordedHost:
    """The computer of a ``recording``. What it was not asked then is ``Unreadable``: "not recorded".

    Raises ``ConfigurationError`` where it is none.
    """

    private = NOTHING_PRIVATE
    live = True

    def __init__(self, recording: bytes) -> None:
        try:
            told = msgspec.json.decode(recording, type=Recording)
        except msgspec.MsgspecError as error:
            raise ConfigurationError("it is no recording", "make it again") from error
        if told.form != FORM:
            raise ConfigurationError("the recording has another form", "make it again")
        self._told = told
        self.platform = told.platform
        self.files: Files = _RecordedFiles(told)
        self.registry: Registry = _RecordedRegistry(told)

    def kernel(self) -> Kernel:
        return Kernel(self._told.release, self._told.architecture)

    def health(self) -> Mapping[str, int]:
        return {}

    def management(self, query: Query) -> Sequence[Row]:
        question = [query.namespace, query.cls, list(query.properties)]
        return msgspec.convert(_answer(self._told.rows, question), list[dict[str, Any]])

    def libraries(self) -> Iterator[str]:
        return iter(msgspec.convert(_answer(self._told.libraries, []), list[str]))

    def kernel_objects(self) -> Iterator[KernelObject]:
        asked = _asked(self._told.kernel_objects, [])
        yield from msgspec.convert(asked.answer or [], list[KernelObject])
        if asked.unreadable is not None:
            raise Unreadable(asked.unreadable)

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        question = [parser.entry, os.fspath(path), msgspec.to_builtins(arguments)]
        return msgspec.convert(_answer(self._told.parsed, question), parser.answer)


def _asked(asked: list[Asked], question: list[Any]) -> Asked:
    """The first time that ``question`` was asked, names in any case. Raises ``Unreadable``."""
    for each in asked:
        if _plain(each.question) == _plain(question):
            return each
    raise Unreadable(_NOT_ASKED)


def _answer(asked: list[Asked], question: list[Any]) -> Any:
    found = _asked(asked, question)
    if found.unreadable is not None:
        raise Unreadable(found.unreadable)
    return found.answer


def _plain(question: list[Any]) -> list[Any]:
    return [each.casefold() if isinstance(each, str) else each for each in question]


class _RecordedHive:
    def __init__(self, asked: list[Asked]) -> None:
        self._keys: dict[str, list[tuple[int, Key | None, str | None]]] = {}
        for each in asked:
            path, depth = each.question
            key = _key(msgspec.convert(each.answer, HeldKey)) if each.answer is not None else None
            self._keys.setdefault(path.casefold(), []).append((depth, key, each.unreadable))

    def key(self, path: str, depth: int = 0) -> Key | None:
        """See ``Hive``: from what was asked of this key, or of one above it deeply enough."""
        parts = path.split("\\")
        for above in range(len(parts)):
            asked = "\\".join(parts[: len(parts) - above]).casefold()
            for reach, key, unreadable in self._keys.get(asked, ()):
                if unreadable is not None and not above:
                    raise Unreadable(unreadable)
                # Of a key that is not there, nothing below it is either.
                if unreadable is None and (key is None or reach >= depth + above):
                    found = key and (
                        key.key("\\".join(parts[len(parts) - above :])) if above else key
                    )
                    return found and _cut(found, depth)
        raise Unreadable(_NOT_ASKED)


class _RecordedRegistry:
    def __init__(self, told: Recording) -> None:
        self.machine: Hive = _RecordedHive(told.machine)
        self._people = [_RecordedHive(asked) for asked in told.people]
        self._unreadable = told.people_unreadable

    def users(self) -> Sequence[Hive]:
        if self._unreadable is not None:
            raise Unreadable(self._unreadable)
        return self._people


class _RecordedFiles:
    def __init__(self, told: Recording) -> None:
        self._told = told

    def read(self, path: str | os.PathLike[str], limit: int = 1 << 20) -> bytes:
        data = _data(msgspec.convert(_answer(self._told.read, [os.fspath(path)]), Held))
        content = data.encode() if isinstance(data, str) else data
        if not isinstance(content, bytes):
            raise Unreadable("left out of the recording")
        if len(content) > limit:
            raise Unreadable("too large")
        return content

    def entries(self, folder: str | os.PathLike[str]) -> list[Entry]:
        return msgspec.convert(_answer(self._told.entries, [os.fspath(folder)]), list[Entry])

    def stat(self, path: str | os.PathLike[str]) -> FileStat:
        return msgspec.convert(_answer(self._told.stat, [os.fspath(path)]), FileStat)


def _key(held: HeldKey) -> Key:
    return Key(
        held.name,
        datetime.fromisoformat(held.written) if held.written else None,
        tuple(Value(value.name, value.kind, _data(value)) for value in held.values),
        tuple(map(_key, held.keys)),
        held.damage,
    )


def _data(held: Held) -> Data:
    if held.hex is not None:
        return bytes.fromhex(held.hex)
    return next((one for one in (held.text, held.number, held.texts) if one is not None), None)


def _cut(key: Key, depth: int) -> Key:
    """``key`` with ``depth`` levels of keys below it."""
    keys = tuple(_cut(each, depth - 1) for each in key.keys) if depth else ()
    return Key(key.name, key.written, key.values, keys, key.damage)
