"""Plug-ins of file managers: libraries that Nautilus, Nemo, Caja, Thunar and Dolphin load, Python extensions, and the
actions that desktop entries add to context menus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats.desktop_entry import DesktopEntry, parse
from vedette.host import Host
from vedette.host.homes import homes
from vedette.inventory import Unread
from vedette.inventory.shell_plugins.record import SHELL_PLUGINS, ShellPlugin

# Debian puts libraries into a folder of the processor's.
_LIBRARIES: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
_MULTIARCH: Final = re.compile(r"[a-z0-9_]+-linux-[a-z0-9]+")
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
_SUFFIXES: Final = (".desktop", ".nemo_action", ".contract")
_GROUPS: Final = ("Desktop Entry", "Nemo Action", "Contractor Entry")
_LIMIT: Final = 1 << 20


def libraries(host: Host) -> Iterator[Record | Unread]:
    """Each library, and each Python extension, by its file."""
    places = list(_LIBRARIES)
    for base in _LIBRARIES:
        places += [
            f"{base}/{entry.name}"
            for entry in host.files.entries(base)
            if entry.kind == "folder" and _MULTIARCH.fullmatch(entry.name)
        ]
    for place in places:
        for folder in _PLUGINS:
            yield from _files(host, f"{place}/{folder}", ".so")
    for share in _shares(host):
        for folder in _SCRIPTS:
            yield from _files(host, f"{share}/{folder}", ".py")


def actions(host: Host) -> Iterator[Record | Unread]:
    """What desktop entries add to context menus; of each the program that it starts."""
    for share in _shares(host):
        for folder in _ACTIONS:
            place = f"{share}/{folder}"
            try:
                entries = host.files.entries(place)
            except Unreadable as error:
                yield Unread(SHELL_PLUGINS, error.reason)
                continue
            for entry in entries:
                if entry.name.endswith(_SUFFIXES):
                    yield _action(host, f"{place}/{entry.name}", entry.name)


def _shares(host: Host) -> list[str]:
    return ["/usr/share", "/usr/local/share", *(f"{home}/.local/share" for home in homes(host))]


def _files(host: Host, folder: str, suffix: str) -> Iterator[Record | Unread]:
    try:
        entries = host.files.entries(folder)
    except Unreadable as error:
        yield Unread(SHELL_PLUGINS, error.reason)
        return
    for entry in entries:
        if entry.name.endswith(suffix) and entry.kind in {"file", "link"}:
            yield ShellPlugin(
                role=Word("extension"),
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
