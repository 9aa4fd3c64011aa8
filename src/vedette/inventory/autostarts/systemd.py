"""The units of systemd that something wants: services, and the timers, sockets and paths that start services; of the
system and of people's sessions (systemd.unit(5)).

An instance's name is cut (``user@1000`` reads ``user@``), since it often names a person.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.formats import unit
from vedette.host import Host
from vedette.host.homes import homes
from vedette.inventory import Unread
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart

_SYSTEM: Final = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_SESSION: Final = (
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
)
_OF_ONE: Final = (".config/systemd/user", ".local/share/systemd/user")
_WANTED_BY: Final = (".wants", ".requires", ".upholds")
_ROLES: Final = {".service": "unit", ".timer": "timer", ".socket": "socket", ".path": "path"}
_LIMIT: Final = 256 << 10


def read(host: Host) -> Iterator[Record | Unread]:
    yield from _Units(host, _SYSTEM).wanted(_SYSTEM)
    yield from _Units(host, _SESSION).wanted(_SESSION)
    for home in homes(host):
        own = tuple(f"{home}/{below}" for below in _OF_ONE)
        yield from _Units(host, own + _SESSION).wanted(own)


class _Units:
    """The units in ``folders``, of which an earlier one wins."""

    def __init__(self, host: Host, folders: tuple[str, ...]) -> None:
        self._host = host
        self._folders = folders
        self._names: dict[str, frozenset[str]] = {}

    def wanted(self, folders: tuple[str, ...]) -> Iterator[Record | Unread]:
        """What the links in ``folders`` say that something wants."""
        # /lib is often a link to /usr/lib, and one link must not be told twice.
        told: set[str] = set()
        for folder in folders:
            try:
                below = [e.name for e in self._host.files.entries(folder) if e.kind == "folder"]
                for name in below:
                    if name.endswith(_WANTED_BY) and name not in told:
                        place = f"{folder}/{name}"
                        for link in self._host.files.entries(place):
                            if f"{name}/{link.name}" not in told:
                                told.add(f"{name}/{link.name}")
                                yield from self._unit(place, link.name)
            except Unreadable as error:
                yield Unread(AUTOSTARTS, error.reason)

    def _unit(self, place: str, name: str) -> Iterator[Record | Unread]:
        suffix = posixpath.splitext(name)[1]
        if suffix not in _ROLES:
            return
        commands: tuple[str, ...] = ()
        try:
            settings = self._settings(name)
            if suffix != ".service":
                kind = suffix[1:].capitalize()
                named = settings.last(kind, "Service" if kind == "Socket" else "Unit")
                started = named or name.removesuffix(suffix) + (
                    "@.service" if settings.flag(kind, "Accept") else ".service"
                )
                settings = self._settings(started)
            commands = settings.values("Service", "ExecStart")
        except Unreadable as error:
            yield Unread(AUTOSTARTS, error.reason)
        for line in commands or (None,):
            yield autostart(
                self._host.private,
                place=place,
                role=_ROLES[suffix],
                name=_general(name),
                command=line and unit.command(line),
            )

    def _settings(self, name: str) -> unit.Unit:
        """What the unit and its drop-ins say; nothing of one that is not there. Raises ``Unreadable``."""
        names = (name, _general(name))
        paths = [
            f"{folder}/{each}"
            for each in names
            for folder in self._folders
            if each in self._in(folder)
        ]
        changes = {
            change: f"{folder}/{each}.d/{change}"
            for folder in reversed(self._folders)
            for each in reversed(names)
            if f"{each}.d" in self._in(folder)
            for change in self._in(f"{folder}/{each}.d")
            if change.endswith(".conf")
        }
        read = [*paths[:1], *(changes[change] for change in sorted(changes))]
        return unit.parse(*(self._content(path) for path in read))

    def _content(self, path: str) -> bytes:
        try:
            return self._host.files.read(path, limit=_LIMIT)
        except Unreadable as error:
            # A unit is masked by a link to /dev/null.
            if error.reason in {"missing", "not a regular file"}:
                return b""
            raise

    def _in(self, folder: str) -> frozenset[str]:
        if folder not in self._names:
            self._names[folder] = frozenset(e.name for e in self._host.files.entries(folder))
        return self._names[folder]


def _general(name: str) -> str:
    stem, suffix = posixpath.splitext(name)
    return f"{stem.partition('@')[0]}@{suffix}" if "@" in stem else name
