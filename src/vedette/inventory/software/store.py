r"""Apps of Windows' store, from the package repository of the computer and of each user (Windows.ApplicationModel,
PackageId.FullName): their full names say name, version, architecture and a hash of the publisher.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.formats.package import Package
from vedette.host import Host
from vedette.host.registry import Hive

_BELOW: Final = r"Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel"
_COMPUTERS: Final = rf"SOFTWARE\{_BELOW}\PackageRepository\Packages"
_USERS: Final = rf"Software\{_BELOW}\Repository\Packages"
_FULL_NAME: Final = re.compile(
    r"([A-Za-z0-9.-]{3,50})_(\d+(?:\.\d+){3})_[a-z0-9]*_[A-Za-z0-9._~-]*_[a-z0-9]{13}",
    re.IGNORECASE,
)
# A package's keys say who made it, in words, in the hive of whoever has it; else only where they lead to them.
_REFERENCE: Final = ("@", "ms-resource:")


def computers(host: Host) -> Iterator[Package]:
    """Apps that are there for all. Raises ``Unreadable``."""
    yield from _packages(host.registry.machine, _COMPUTERS)


def users(host: Host) -> Iterator[Package]:
    """Apps that users have. Raises ``Unreadable`` after all that could be read."""
    lost: str | None = None
    for hive in host.registry.users():
        try:
            yield from _packages(hive, _USERS)
        except Unreadable as error:
            lost = error.reason
    if lost:
        raise Unreadable(lost)


def _packages(hive: Hive, place: str) -> Iterator[Package]:
    found = hive.key(place, depth=1)
    for key in found.keys if found else ():
        if name := _FULL_NAME.fullmatch(key.name):
            publisher = key.text("PublisherDisplayName")
            told = publisher if publisher and not publisher.startswith(_REFERENCE) else None
            yield Package(name[1], name[2], told)
    if found and found.damage:
        raise Unreadable(found.damage[0])
