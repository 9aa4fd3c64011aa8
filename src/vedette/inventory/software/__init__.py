"""Installed software: on Linux the packages of dpkg, rpm, apk, Flatpak and Snap, on Windows the programs that can be
uninstalled and the store's apps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from vedette.facts.record import Platform, Record
from vedette.formats.package import Package
from vedette.host import Host
from vedette.inventory import InventoryItem, Reader, Unread, distinct, sources
from vedette.inventory.software import bundles, databases, store, uninstall
from vedette.inventory.software.record import SOFTWARE, Software, software
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "PACKAGES", "Software", "read"]

PACKAGES: Final[dict[Platform, tuple[Callable[[Host], Iterator[Package]], ...]]] = {
    Platform.LINUX: (
        databases.dpkg,
        databases.rpm,
        databases.apk,
        bundles.flatpak,
        bundles.snap,
    ),
    Platform.WINDOWS: (
        uninstall.computers,
        uninstall.users,
        store.computers,
        store.users,
    ),
}
"""What knows of installed packages. Each raises ``Unreadable`` where, or from where on, it cannot tell."""


def read(host: Host) -> Iterator[Record | Unread]:
    # What several users have is told once.
    return distinct(sources(SOFTWARE, host, *map(_records, PACKAGES[host.platform])))


def _records(packages: Callable[[Host], Iterator[Package]]) -> Reader:
    def reader(host: Host) -> Iterator[Record | Unread]:
        private = host.private
        return (software(package, private) for package in packages(host))

    return reader


ITEM = InventoryItem(
    name=SOFTWARE,
    clause=clause("computer.software"),
    record=Software,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
