"""The autostart entries of desktops (freedesktop.org, Desktop Application Autostart Specification)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.formats import desktop_entry
from vedette.host import Host
from vedette.host.homes import homes
from vedette.inventory import Unread, entries
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart

_LIMIT: Final = 256 << 10
_OF_ALL: Final = (
    "/etc/xdg/autostart",
    "/usr/share/gnome/autostart",
    "/usr/local/etc/xdg/autostart",
)
_OF_ONE: Final = ".config/autostart"
_SUFFIX: Final = ".desktop"
# Desktops of old and new have their own word for what is turned off.
_SWITCH: Final = "X-GNOME-Autostart-enabled"


def read(host: Host) -> Iterator[Record | Unread]:
    for folder in (*_OF_ALL, *(f"{home}/{_OF_ONE}" for home in homes(host))):
        for entry in entries(AUTOSTARTS, host, folder):
            if isinstance(entry, Unread):
                yield entry
                continue
            if entry.kind not in {"file", "link"} or not entry.name.endswith(_SUFFIX):
                continue
            try:
                said = desktop_entry.parse(host.files.read(f"{folder}/{entry.name}", limit=_LIMIT))
            except Unreadable as error:
                yield Unread(AUTOSTARTS, error.reason)
                continue
            yield autostart(
                host.private,
                place=folder,
                role="desktop",
                name=entry.name.removesuffix(_SUFFIX),
                command=said.text("Exec"),
                enabled=not said.flag("Hidden") and said.flag(_SWITCH) is not False,
            )
