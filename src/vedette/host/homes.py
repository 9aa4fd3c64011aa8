"""The profile folders of a computer's people, for what looks at programs' settings there."""

from __future__ import annotations

from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Platform
from vedette.host import Host

_PLACES: Final = {
    Platform.LINUX: ("/home", "/var/home", "/export/home"),
    Platform.WINDOWS: ("/Users", "/Documents and Settings"),
}
# Of an administrator who works as such.
_ROOT: Final = "/root"
# What Windows keeps for all, or for those who do not exist yet.
_NOBODYS: Final = frozenset({"public", "all users", "default", "default user", "lost+found"})
_MOST: Final = 1000

SHARED: Final = ("/usr/share", "/usr/local/share")
"""The folders of ``shares`` that are for all."""


def homes(host: Host) -> list[str]:
    """Paths in ``host.files``, sorted; at most 1,000. One that does not exist may be among them."""
    found: set[str] = set()
    windows = host.platform is Platform.WINDOWS
    if host.platform is Platform.LINUX:
        found = {home.rstrip("/") for home in host.private.homes if home.startswith("/")} | {_ROOT}
    for place in _PLACES[host.platform]:
        if (
            windows and found
        ):  # Windows' links lead to the same profiles, by names that they had before
            break
        try:
            entries = host.files.entries(place)
        except Unreadable:
            continue
        found |= {
            f"{place}/{entry.name}"
            for entry in entries
            if entry.kind == "folder" or (entry.kind == "link" and not windows)
            if entry.name.casefold() not in _NOBODYS
        }
    return sorted(found)[:_MOST]


def shares(host: Host) -> list[str]:
    """The folders of a Linux in which programs keep what is the same on every computer: those for all, then each
    person's own.
    """
    return [*SHARED, *(f"{home}/.local/share" for home in homes(host))]
