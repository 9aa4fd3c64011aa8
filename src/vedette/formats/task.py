"""Scheduled tasks of Windows: their files, XML ([MS-TSCH] 2.5), and the actions that the registry's task cache keeps
of them in a binary form (written down nowhere by its maker; here as regipy and others read it).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from typing import Final
from uuid import UUID
from xml.parsers import expat

import msgspec

from vedette.errors import Unreadable
from vedette.formats.text import decoded

_LIMIT: Final = 1 << 20
_MOST: Final = 32  # that Windows takes in one task
_PROGRAM, _CLASS = ("Task", "Actions", "Exec"), ("Task", "Actions", "ComHandler")
_ENABLED: Final = ("Task", "Settings", "Enabled")
_DEEPEST: Final = 64
# In the cache: the kinds of actions, a program and a COM class.
_STARTS, _CALLS = 0x6666, 0x7777


class Action(msgspec.Struct, frozen=True):
    """A program with its arguments, or the COM class that handles the task, "{…}"."""

    program: str | None = None
    arguments: str = ""
    handler: str | None = None


class Task(msgspec.Struct, frozen=True):
    actions: list[Action]
    enabled: bool


class _Refused(Exception):
    pass


class _Reading:
    """Takes in the elements of a task as they come."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.enabled = True
        self._path: list[str] = []
        self._texts: dict[str, str] = {}

    def begin(self, name: str, _: Mapping[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])
        if len(self._path) > _DEEPEST:
            raise _Refused
        if len(self._path) == len(_PROGRAM):
            self._texts = {}

    def text(self, text: str) -> None:
        part = self._path[-1]
        self._texts[part] = self._texts.get(part, "") + text

    def end(self, _: str) -> None:
        path, texts = tuple(self._path), {k: v.strip() for k, v in self._texts.items()}
        if path == _ENABLED:
            self.enabled = texts.get("Enabled", "").lower() not in {"false", "0"}
        elif len(self.actions) < _MOST and path == _PROGRAM:
            self.actions.append(Action(texts.get("Command") or None, texts.get("Arguments", "")))
        elif len(self.actions) < _MOST and path == _CLASS:
            self.actions.append(Action(handler=texts.get("ClassId") or None))
        self._path.pop()


def task(descriptor: int) -> Task:
    """What the file open as ``descriptor`` says. Raises ``Unreadable`` where it is no task, or damaged."""
    data = os.pread(descriptor, _LIMIT + 1, 0)
    if len(data) > _LIMIT:
        raise Unreadable("too large")
    reading, parser = _Reading(), expat.ParserCreate()
    parser.StartElementHandler = reading.begin
    parser.CharacterDataHandler = reading.text
    parser.EndElementHandler = reading.end
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        # A text is taken as one, whatever the encoding that it says it is in.
        parser.Parse(decoded(data), True)
    except (expat.ExpatError, _Refused) as error:
        raise Unreadable("not a task") from error
    return Task(reading.actions, reading.enabled)


def _no_doctype(*_: object) -> None:
    # Only there could an entity be declared that grows beyond measure.
    raise _Refused


def cached_actions(data: bytes) -> list[Action]:
    """The actions in a value ``Actions`` of the task cache, as far as they can be told."""
    found: list[Action] = []
    try:
        (version,) = struct.unpack_from("<H", data, 0)
        at = 2
        if version >= 2:
            _, at = _text(data, at)  # whose rights it runs with
        while at < len(data) and len(found) < _MOST:
            (kind,) = struct.unpack_from("<H", data, at)
            _, at = _text(data, at + 2)  # the action's id
            if kind == _STARTS:
                program, at = _text(data, at)
                arguments, at = _text(data, at)
                _, at = _text(data, at)  # the folder it runs in
                found.append(Action(program or None, arguments))
                at += 2 if version >= 3 else 0
            elif kind == _CALLS:
                (raw,) = struct.unpack_from("16s", data, at)
                found.append(Action(handler=f"{{{UUID(bytes_le=raw)}}}".upper()))
                _, at = _text(data, at + 16)
            else:
                break
    except struct.error:
        pass
    return found


def _text(data: bytes, at: int) -> tuple[str, int]:
    """The text at ``at``, after its length in bytes, and what follows it."""
    (length,) = struct.unpack_from("<I", data, at)
    (raw,) = struct.unpack_from(f"{min(length, len(data))}s", data, at + 4)
    return raw.decode("utf-16-le", "replace").rstrip("\0"), at + 4 + length
