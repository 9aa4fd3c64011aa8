r"""What Windows lists under "Apps and features": the keys below ``…\CurrentVersion\Uninstall`` of the computer, of its
32-bit programs and of each user.

Entries that hide themselves from that list are told as well; those that say nothing but that they exist are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vedette.errors import Unreadable
from vedette.formats.package import Package
from vedette.host import Host
from vedette.host.com_classes import View, machine_views, user_views
from vedette.host.registry import Key, Registry

PLACE: Final = r"Microsoft\Windows\CurrentVersion\Uninstall"


@dataclass(frozen=True, slots=True)
class Installed:
    """``folder`` is where the program says that it lies, as written."""

    package: Package
    folder: str | None


def computers(host: Host) -> Iterator[Package]:
    """What is installed for all. Raises ``Unreadable`` after all that could be read."""
    yield from _packages(host, machine_views)


def users(host: Host) -> Iterator[Package]:
    """What single users have installed for themselves. Raises ``Unreadable`` after all that could be read."""
    yield from _packages(host, user_views)


def _packages(host: Host, views: Callable[[Registry], Sequence[View]]) -> Iterator[Package]:
    lost: str | None = None
    for view in views(host.registry):
        try:
            found = view.hive.key(rf"{view.software}\{PLACE}", depth=1)
        except Unreadable as error:
            lost = error.reason
            continue
        yield from (each.package for each in installed(found))
        lost = found.damage[0] if found and found.damage else lost
    if lost:
        raise Unreadable(lost)


def installed(uninstall: Key | None) -> Iterator[Installed]:
    """The programs that the keys below ``uninstall`` are about."""
    for key in uninstall.keys if uninstall else ():
        name = key.text("DisplayName")
        if name or key.text("DisplayVersion") or key.text("UninstallString"):
            yield Installed(
                Package(name or key.name, key.text("DisplayVersion"), key.text("Publisher")),
                key.text("InstallLocation"),
            )
