"""Loaded objects: the libraries that are mapped into processes now, and those that the system is told to load into them
or into its own logon and security services.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.loaded_objects import linux, windows
from vedette.inventory.loaded_objects.record import (
    LOADED_OBJECTS,
    LoadedLibrary,
    base,
    told,
)
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "LoadedLibrary", "read"]


def _modules(host: Host) -> Iterator[Record | Unread]:
    return told(host, "module", ((base(place), place) for place in sorted(set(host.libraries()))))


_READERS = {
    Platform.LINUX: (linux.preloaded, linux.pam, linux.name_services, _modules),
    Platform.WINDOWS: (
        windows.appinit,
        windows.known_dlls,
        windows.winlogon_notify,
        windows.lsa_packages,
        windows.security_packages,
        _modules,
    ),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(LOADED_OBJECTS, host, *_READERS[host.platform])


ITEM = InventoryItem(
    name=LOADED_OBJECTS,
    clause=clause("computer.loaded_objects"),
    record=LoadedLibrary,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(
        days=7
    ),  # what runs changes what is mapped, and a difference each day would cost more than all else
    retention=timedelta(days=365),
    read=read,
)
