"""Scripts that Linux runs at its start or when somebody logs on, by lying in a place: rc.local, local.d, profile.d, the
session's and the message of the day's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread, entries
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart

_LIMIT: Final = 256 << 10
_START: Final = ("/etc/rc.local", "/etc/rc.d/rc.local")
_FOLDERS: Final = {
    "/etc/local.d": ("boot_script", re.compile(r".+\.start")),
    "/etc/profile.d": ("logon", re.compile(r".+\.sh")),
    "/etc/X11/Xsession.d": ("logon", re.compile(r"\d\d[\w-]+")),
    "/etc/X11/xinit/xinitrc.d": ("logon", re.compile(r"[^.].*")),
    "/etc/update-motd.d": ("logon", re.compile(r"[\w-]+")),
}
_EXECUTABLE: Final = 0o111
# What a script may have and still do nothing.
_NOTHING: Final = re.compile(r"\s*(?:#.*|exit(?:\s+0)?|:|true)?\s*")


def read(host: Host) -> Iterator[Record | Unread]:
    for path in _START:
        try:
            if not host.files.stat(path).mode & _EXECUTABLE:
                continue
            text = host.files.read(path, limit=_LIMIT).decode("utf-8", "replace")
        except Unreadable as error:
            if error.reason != "missing":
                yield Unread(AUTOSTARTS, error.reason)
            continue
        if not all(_NOTHING.fullmatch(line) for line in text.split("\n")):
            yield _told(host, posixpath.dirname(path), posixpath.basename(path), "boot_script")
    for folder, (role, form) in _FOLDERS.items():
        for entry in entries(AUTOSTARTS, host, folder):
            if isinstance(entry, Unread):
                yield entry
            elif entry.kind in {"file", "link"} and form.fullmatch(entry.name):
                yield _told(host, folder, entry.name, role)


def _told(host: Host, folder: str, name: str, role: str) -> Record:
    return autostart(host.private, place=folder, role=role, name=name, command=f"{folder}/{name}")
