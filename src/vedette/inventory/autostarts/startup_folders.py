"""The startup folders of Windows: what lies in them is started when somebody logs on. A link tells what it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.formats.shell_link import ShellLink
from vedette.host import Host, Parser
from vedette.host.homes import homes
from vedette.host.registry import Key
from vedette.inventory import Unread, entries
from vedette.inventory.autostarts.hives import hives, key_of
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart
from vedette.inventory.autostarts.run_keys import switched

LINK: Final = Parser("vedette.formats.shell_link:target", ShellLink)

_MENU: Final = "Start Menu/Programs/Startup"
_OF_ALL: Final = (
    f"/ProgramData/Microsoft/Windows/{_MENU}",
    f"/Documents and Settings/All Users/{_MENU}",
)
_OF_ONE: Final = (f"AppData/Roaming/Microsoft/Windows/{_MENU}", _MENU)
_APPROVED: Final = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved"
_NOTHING: Final = frozenset({"desktop.ini", "thumbs.db"})


def read(host: Host) -> Iterator[Record | Unread]:
    off = _turned_off(host)
    for folder in _OF_ALL:
        yield from _entries(host, folder, off)
    for home in homes(host):
        for below in _OF_ONE:
            yield from _entries(host, f"{home}/{below}", off)


def _turned_off(host: Host) -> frozenset[str]:
    """The names of entries that somebody has turned off."""
    lists = (
        switched(key, "StartupFolder")
        for found in hives(host)
        if not isinstance(found, Unread)
        for key in key_of(found[1], _APPROVED, depth=1)
        if isinstance(key, Key)
    )
    return frozenset(name for listed in lists for name, on in listed.items() if not on)


def _entries(host: Host, folder: str, off: frozenset[str]) -> Iterator[Record | Unread]:
    for entry in entries(AUTOSTARTS, host, folder):
        if isinstance(entry, Unread):
            yield entry
            continue
        if entry.kind != "file" or entry.name.casefold() in _NOTHING:
            continue
        command: str | None = f'"{_shown(folder)}\\{entry.name}"'
        if entry.name.casefold().endswith(".lnk"):
            try:
                command = _command(host.parse(LINK, f"{folder}/{entry.name}"))
            except Unreadable as error:
                command = None
                yield Unread(AUTOSTARTS, error.reason)
        yield autostart(
            host.private,
            place=_shown(folder),
            role="startup_folder",
            name=entry.name,
            command=command,
            enabled=entry.name.casefold() not in off,
        )


def _shown(path: str) -> str:
    return "C:" + path.replace("/", "\\")


def _command(link: ShellLink) -> str | None:
    return f'"{link.path}" {link.arguments}' if link.path else None
