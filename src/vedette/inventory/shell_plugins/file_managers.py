"""Plug-ins of file managers: libraries that Nautilus, Nemo, Caja, Thunar and Dolphin load, Python extensions, and the
actions that desktop entries, people's scripts and Thunar's settings add to context menus.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats import unit
from vedette.formats.desktop_entry import DesktopEntry, parse
from vedette.formats.text import decoded
from vedette.host import Host
from vedette.host.homes import homes, shares
from vedette.host.library_folders import library_folders
from vedette.inventory import Unread, entries
from vedette.inventory.shell_plugins.record import SHELL_PLUGINS, ShellPlugin

_PLUGINS: Final = (
    "nautilus/extensions-3.0",
    "nautilus/extensions-4",
    "nemo/extensions-3.0",
    "caja/extensions-2.0",
    "thunarx-2",
    "thunarx-3",
    "qt5/plugins/kf5/kfileitemaction",
    "qt6/plugins/kf6/kfileitemaction",
    "qt5/plugins/kf5/overlayicon",
    "qt6/plugins/kf6/overlayicon",
    "qt5/plugins/kf5/propertiesdialog",
    "qt6/plugins/kf6/propertiesdialog",
    "qt5/plugins/dolphin/vcs",
    "qt6/plugins/dolphin/vcs",
)
_SCRIPTS: Final = (
    "nautilus-python/extensions",
    "nemo-python/extensions",
    "caja-python/extensions",
    "thunarx-python/extensions",
)
_ACTIONS: Final = (
    "kio/servicemenus",
    "kservices5/ServiceMenus",
    "file-manager/actions",
    "nemo/actions",
    "contractor",
)
# Below a profile: whatever lies there is offered for the files chosen, under its name.
_OWN_SCRIPTS: Final = (
    ".local/share/nautilus/scripts",
    ".local/share/nemo/scripts",
    ".config/caja/scripts",
)
_CUSTOM_ACTIONS: Final = "Thunar/uca.xml"
_SUFFIXES: Final = (".desktop", ".nemo_action", ".contract")
_GROUPS: Final = ("Desktop Entry", "Nemo Action", "Contractor Entry")
_LIMIT: Final = 1 << 20
# Thunar writes this file itself, without comments, attributes or namespaces.
_CUSTOM_ACTION: Final = re.compile(r"<action>(.*?)</action>", re.DOTALL)
_PART: Final = re.compile(r"<(name|command)>([^<]*)</\1>")


def libraries(host: Host) -> Iterator[Record | Unread]:
    """Each library, and each Python extension, by its file."""
    for place in library_folders(host):
        for folder in _PLUGINS:
            yield from _files(host, f"{place}/{folder}", ".so")
    for share in shares(host):
        for folder in _SCRIPTS:
            yield from _files(host, f"{share}/{folder}", ".py")


def actions(host: Host) -> Iterator[Record | Unread]:
    """What desktop entries add to context menus; of each the program that it starts."""
    for share in shares(host):
        for place in (f"{share}/{folder}" for folder in _ACTIONS):
            for entry in entries(SHELL_PLUGINS, host, place):
                if isinstance(entry, Unread):
                    yield entry
                elif entry.name.endswith(_SUFFIXES):
                    yield _action(host, f"{place}/{entry.name}", entry.name)


def scripts(host: Host) -> Iterator[Record | Unread]:
    """What people have put into their own context menus."""
    for home in homes(host):
        for folder in _OWN_SCRIPTS:
            yield from _files(host, f"{home}/{folder}", "", "context_menu")


def custom_actions(host: Host) -> Iterator[Record | Unread]:
    """The custom actions of Thunar, of the system's and people's own; of each the program that it starts."""
    for base in ("/etc/xdg", *(f"{home}/.config" for home in homes(host))):
        try:
            text = decoded(host.files.read(f"{base}/{_CUSTOM_ACTIONS}", limit=_LIMIT))
        except Unreadable as error:
            if error.reason != "missing":
                yield Unread(SHELL_PLUGINS, error.reason)
            continue
        for action in _CUSTOM_ACTION.finditer(text):
            parts = {key: html.unescape(value).strip() for key, value in _PART.findall(action[1])}
            name, program = parts.get("name"), unit.program(parts.get("command", ""))
            yield ShellPlugin(
                role=Word("context_menu"),
                name=Name(name, host.private) if name else None,
                library=Path(program, host.private) if program else None,
            )


def _files(
    host: Host, folder: str, suffix: str, role: str = "extension"
) -> Iterator[Record | Unread]:
    for entry in entries(SHELL_PLUGINS, host, folder):
        if isinstance(entry, Unread):
            yield entry
        elif entry.name.endswith(suffix) and entry.kind in {"file", "link"}:
            yield ShellPlugin(
                role=Word(role),
                id=Name(entry.name.removesuffix(suffix), host.private),
                library=Path(f"{folder}/{entry.name}", host.private),
            )


def _action(host: Host, path: str, file: str) -> ShellPlugin | Unread:
    try:
        entry = parse(host.files.read(path, limit=_LIMIT))
    except Unreadable as error:
        return Unread(SHELL_PLUGINS, error.reason)
    name, program = _first(entry)
    return ShellPlugin(
        role=Word("context_menu"),
        id=Name(file, host.private),
        name=Name(name, host.private) if name else None,
        library=Path(program, host.private) if program else None,
    )


def _first(entry: DesktopEntry) -> tuple[str | None, str | None]:
    """The name of the entry and its program, which may stand in the group of an action alone."""
    name = next(filter(None, (entry.text("Name", group) for group in _GROUPS)), None)
    program = next(filter(None, (entry.program("Exec", group) for group in entry.groups)), None)
    if name is None:
        name = next(filter(None, (entry.text("Name", group) for group in entry.groups)), None)
    return name, program
