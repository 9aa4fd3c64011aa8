"""Kernel objects: what is loaded into the kernel that runs. Of an image, where none runs, what would filter its file
systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.kernel_objects import linux, windows
from vedette.inventory.kernel_objects.record import KERNEL_OBJECTS, LoadedObject
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "LoadedObject", "read"]

_READERS = {
    Platform.LINUX: (linux.modules, linux.programs, linux.drivers, linux.devices),
    Platform.WINDOWS: (windows.running, windows.filters),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(KERNEL_OBJECTS, host, *_READERS[host.platform])


ITEM = InventoryItem(
    name=KERNEL_OBJECTS,
    clause=clause("computer.kernel_objects"),
    record=LoadedObject,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
