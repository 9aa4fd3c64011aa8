"""The operating system of a Linux: os-release(5), the kernel's release, locale.conf(5) or /etc/default/locale."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Region, Version, Word
from vedette.facts.record import Record
from vedette.formats.settings import settings
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.operating_system.record import OPERATING_SYSTEM, OperatingSystem

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_LOCALE = ("/etc/locale.conf", "/etc/default/locale")
_TERRITORY = re.compile(r"[a-z]{2,3}_([A-Z]{2})(?:[.@]|$)")


def read(host: Host) -> Iterator[Record | Unread]:
    try:
        release = _settings(host, _OS_RELEASE)
    except Unreadable as error:
        release = {}
        yield Unread(OPERATING_SYSTEM, error.reason)
    try:
        locale = _settings(host, _LOCALE)
    except Unreadable:
        locale = {}  # many systems have none
    kernel = host.kernel()
    name = release.get("PRETTY_NAME") or release.get("NAME")
    version = release.get("VERSION_ID")
    yield OperatingSystem(
        family=Word(host.platform),
        name=Name(name, host.private) if name else None,
        version=Version(version, host.private) if version else None,
        build=Version(kernel.release, host.private) if kernel.release else None,
        architecture=Word(kernel.architecture) if kernel.architecture else None,
        region=_region(locale),
    )


def _settings(host: Host, places: tuple[str, ...]) -> dict[str, str]:
    """The KEY=value lines of the first of ``places`` that can be read; quoting as in a POSIX shell.

    Raises ``Unreadable`` where none can, for the reason that says most.
    """
    failure = Unreadable("missing")
    for place in places:
        try:
            text = host.files.read(place, limit=64 << 10).decode("utf-8", "replace")
        except Unreadable as error:
            failure = failure if error.reason == "missing" else error
            continue
        return settings(text)
    raise failure


def _region(locale: dict[str, str]) -> Region | None:
    for variable in ("LC_ALL", "LC_IDENTIFICATION", "LANG"):
        if found := _TERRITORY.match(locale.get(variable, "")):
            return Region(found[1])
    return None
