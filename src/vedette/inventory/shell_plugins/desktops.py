"""Extensions of GNOME Shell, Cinnamon and KDE Plasma: folders that describe themselves in a file of metadata, for all
people or in a profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Version, Word
from vedette.facts.record import Record
from vedette.formats.desktop_entry import parse
from vedette.host import Host
from vedette.host.homes import SHARED, shares
from vedette.inventory import Unread, entries
from vedette.inventory.shell_plugins.record import SHELL_PLUGINS, ShellPlugin

_FOLDERS: Final = (
    "gnome-shell/extensions",
    "cinnamon/extensions",
    "cinnamon/applets",
    "cinnamon/desklets",
    "plasma/plasmoids",
    "plasma/shells",
    "kwin/scripts",
    "kwin/effects",
)
_LIMIT: Final = 1 << 20
_DAMAGED: Final = "the description of an extension is damaged"


def described(host: Host) -> Iterator[Record | Unread]:
    for share in shares(host):
        for place in (f"{share}/{folder}" for folder in _FOLDERS):
            for entry in entries(SHELL_PLUGINS, host, place):
                if isinstance(entry, Unread):
                    yield entry
                elif entry.kind in {"folder", "link"}:
                    # What the system has for all is known to all by it, though it may look like an address.
                    known = entry.name.replace("@", "(at)") if share in SHARED else entry.name
                    yield from _extension(host, f"{place}/{entry.name}", known)


def _extension(host: Host, folder: str, identifier: str) -> Iterator[Record | Unread]:
    try:
        name, version = _metadata(host, folder)
    except Unreadable as error:
        if error.reason == "missing":
            return  # some other folder
        name = version = None
        yield Unread(SHELL_PLUGINS, error.reason)
    yield ShellPlugin(
        role=Word("extension"),
        id=Name(identifier, host.private),
        name=Name(name, host.private) if name else None,
        library=Path(folder, host.private),
        version=Version(version, host.private) if version else None,
    )


def _metadata(host: Host, folder: str) -> tuple[str | None, str | None]:
    """Name and version: of GNOME and Cinnamon in JSON, of KDE in its own form of it, or as a desktop entry.

    Raises ``Unreadable``.
    """
    try:
        data = host.files.read(f"{folder}/metadata.json", limit=_LIMIT)
    except Unreadable as error:
        if error.reason != "missing":
            raise
        entry = parse(host.files.read(f"{folder}/metadata.desktop", limit=_LIMIT))
        return entry.text("Name"), entry.text("X-KDE-PluginInfo-Version")
    try:
        found = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(_DAMAGED) from error
    plugin = found.get("KPlugin")
    if isinstance(plugin, dict):
        return _text(plugin.get("Name")), _text(plugin.get("Version"))
    return _text(found.get("name")), _text(found.get("version-name") or found.get("version"))


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int | float) and value != "" else None
