"""Drivers: what runs in the kernel of the operating system. On Windows the keys of the service control manager that are
drivers by their type, on Linux the kernel's modules that drive something.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.drivers import linux, windows
from vedette.inventory.drivers.record import DRIVERS, Driver
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Driver", "read"]

_READERS = {Platform.LINUX: linux.read, Platform.WINDOWS: windows.read}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(DRIVERS, host, _READERS[host.platform])


ITEM = InventoryItem(
    name=DRIVERS,
    clause=clause("computer.drivers"),
    record=Driver,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
