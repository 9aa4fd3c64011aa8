"""The databases of Linux' package managers: dpkg, apk and rpm, of whichever the system has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.formats import apk as apk_database
from vedette.formats import dpkg as dpkg_status
from vedette.formats.package import Package, Packages
from vedette.host import Host, Parser

RPM: Final = Parser("vedette.formats.rpm:packages", Packages, longest=16 << 20)

_STATUS: Final = "/var/lib/dpkg/status"
_STATUS_PARTS: Final = "/var/lib/dpkg/status.d"  # of systems put together without dpkg
_APK: Final = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_RPM: Final = tuple(
    f"{folder}/{name}"
    for folder in ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
    for name in ("rpmdb.sqlite", "Packages.db", "Packages")
)
_LIMIT: Final = 64 << 20
_DAMAGED: Final = "parts of the database of packages are damaged"
_BEHIND: Final = "the database of packages has changes that it has not taken in yet"


def dpkg(host: Host) -> Iterator[Package]:
    """The packages of Debian's and Ubuntu's families. Raises ``Unreadable``, as those below do."""
    if (status := _content(host, _STATUS)) is not None:
        yield from dpkg_status.packages(status)
    for entry in host.files.entries(_STATUS_PARTS):
        part = _content(host, f"{_STATUS_PARTS}/{entry.name}")
        if part is not None and not entry.name.endswith(".md5sums"):
            yield from dpkg_status.packages(part)


def apk(host: Host) -> Iterator[Package]:
    """The packages of Alpine."""
    database = next(filter(None, (_content(host, place) for place in _APK)), None)
    if database is not None:
        yield from apk_database.packages(database)


def rpm(host: Host) -> Iterator[Package]:
    """The packages of the families of Fedora and SUSE."""
    place = next((place for place in _RPM if _size(host, place) is not None), None)
    if place is None:
        return
    answer = host.parse(RPM, place)
    yield from answer.found
    if not answer.whole:
        raise Unreadable(_DAMAGED)
    if _size(host, f"{place}-wal"):
        raise Unreadable(_BEHIND)


def _content(host: Host, path: str) -> bytes | None:
    try:
        return host.files.read(path, limit=_LIMIT)
    except Unreadable as error:
        if error.reason == "missing":
            return None
        raise


def _size(host: Host, path: str) -> int | None:
    try:
        return host.files.stat(path).size
    except Unreadable as error:
        if error.reason == "missing":
            return None
        raise
