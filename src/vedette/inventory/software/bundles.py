"""Programs that come with all that they need: of Flatpak, for all and for single people, and of Snap.

Neither keeps versions in a database. Flatpak's programs describe themselves in a metainfo file; of a snap, the file
``snap.yaml`` tells, which can be read while its image is mounted; after that only its revision is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.formats.metainfo import described
from vedette.formats.package import Package
from vedette.host import Host
from vedette.host.homes import homes

_FOR_ALL: Final = "/var/lib/flatpak"
_FOR_ONE: Final = ".local/share/flatpak"
_DESCRIPTIONS: Final = ("share/metainfo/{}.metainfo.xml", "share/appdata/{}.appdata.xml")
_SNAPS: Final = ("/snap", "/var/lib/snapd/snap")
_REVISION: Final = re.compile(r"x?\d+")
_SNAP_VERSION: Final = re.compile(r"""^version:[ \t]*(["']?)(.*?)\1[ \t\r]*$""", re.MULTILINE)
_LIMIT: Final = 2 << 20


def flatpak(host: Host) -> Iterator[Package]:
    """Applications by their identifiers, and the runtimes that they share, by branch. What of one person cannot be
    read is passed over, as it mostly is not there. Raises ``Unreadable``.
    """
    yield from _installation(host, _FOR_ALL)
    for home in homes(host):
        try:
            yield from _installation(host, f"{home}/{_FOR_ONE}")
        except Unreadable:
            continue


def _installation(host: Host, place: str) -> Iterator[Package]:
    for entry in host.files.entries(f"{place}/app"):
        active = f"{place}/app/{entry.name}/current/active"
        if entry.kind == "folder" and host.files.entries(active):
            yield _application(host, entry.name, f"{active}/files")
    for runtime in host.files.entries(f"{place}/runtime"):
        for architecture in host.files.entries(f"{place}/runtime/{runtime.name}"):
            folder = f"{place}/runtime/{runtime.name}/{architecture.name}"
            for branch in host.files.entries(folder):
                yield Package(runtime.name, branch.name)


def _application(host: Host, identifier: str, files: str) -> Package:
    for description in _DESCRIPTIONS:
        try:
            data = host.files.read(f"{files}/{description.format(identifier)}", limit=_LIMIT)
        except Unreadable:
            continue
        return described(identifier, data)
    return Package(identifier)


def snap(host: Host) -> Iterator[Package]:
    """Snaps in their current revision; without a version where they are not mounted. Raises ``Unreadable``."""
    seen: set[str] = set()
    for place in _SNAPS:
        for entry in host.files.entries(place):
            folder = f"{place}/{entry.name}"
            if entry.kind != "folder" or entry.name in seen:
                continue
            # Beside them lies a folder of the commands that they offer, which has no revisions.
            if any(_REVISION.fullmatch(each.name) for each in host.files.entries(folder)):
                seen.add(entry.name)
                yield Package(entry.name, _snap_version(host, f"{folder}/current/meta/snap.yaml"))


def _snap_version(host: Host, place: str) -> str | None:
    try:
        text = host.files.read(place, limit=_LIMIT).decode("utf-8", "replace")
    except Unreadable:
        return None
    found = _SNAP_VERSION.search(text)
    return found[2] or None if found else None
