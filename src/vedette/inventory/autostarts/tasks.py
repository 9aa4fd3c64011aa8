r"""The scheduled tasks of Windows: a file of XML each in System32\Tasks ([MS-TSCH]); of those that have none, and where
there are no files, what the task cache in the registry keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.formats.task import Action, Task, cached_actions
from vedette.host import Host, Parser
from vedette.host.registry import Key
from vedette.inventory import Unread
from vedette.inventory.autostarts.hives import MACHINE, key_of
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart

TASK: Final = Parser("vedette.formats.task:task", Task)

_FOLDER: Final = "/Windows/System32/Tasks"
_SHOWN: Final = r"C:\Windows\System32\Tasks"
_CACHE: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks"
_DEEPEST: Final = 12
_MOST: Final = 5000


def read(host: Host) -> Iterator[Record | Unread]:
    seen: set[str] = set()
    for found in _names(host, "", 0):
        if isinstance(found, Unread):
            yield found
            continue
        if len(seen) >= _MOST:
            yield Unread(AUTOSTARTS, "too many tasks")
            break
        seen.add(found.casefold())
        try:
            task = host.parse(TASK, f"{_FOLDER}{found.replace(chr(92), '/')}")
        except Unreadable as error:
            yield Unread(AUTOSTARTS, error.reason)
            continue
        yield from _told(host, _SHOWN, found, task.actions, task.enabled)
    yield from _cached(host, seen)


def _names(host: Host, below: str, depth: int) -> Iterator[str | Unread]:
    r"""The names of all tasks with the folders that they are in: ``\Microsoft\Windows\…``."""
    try:
        entries = host.files.entries(_FOLDER + below.replace("\\", "/"))
    except Unreadable as error:
        yield Unread(AUTOSTARTS, error.reason)
        return
    for entry in entries:
        name = rf"{below}\{entry.name}"
        if entry.kind == "file":
            yield name
        elif entry.kind == "folder" and depth < _DEEPEST:
            yield from _names(host, name, depth + 1)


def _cached(host: Host, seen: set[str]) -> Iterator[Record | Unread]:
    for found in key_of(host.registry.machine, _CACHE, depth=1):
        if isinstance(found, Unread):
            yield found
            continue
        for key in found.keys:
            name = key.text("Path")
            if name and name.casefold() not in seen:
                yield from _told(host, rf"{MACHINE}\{_CACHE}", name, _actions(key), None)


def _actions(key: Key) -> list[Action]:
    data = key.value("Actions")
    return cached_actions(data) if isinstance(data, bytes) else []


def _told(
    host: Host, place: str, name: str, actions: list[Action], enabled: bool | None
) -> Iterator[Record]:
    """An entry for each action of a task; one without, where none of it is known."""
    for action in actions or [Action()]:
        yield autostart(
            host.private,
            place=place,
            role="task",
            name=name,
            command=_line(action),
            handler=action.handler,
            enabled=enabled,
        )


def _line(action: Action) -> str | None:
    if not action.program:
        return None
    program = action.program.strip()
    quoted = program if program.startswith('"') or " " not in program else f'"{program}"'
    return f"{quoted} {action.arguments}"
