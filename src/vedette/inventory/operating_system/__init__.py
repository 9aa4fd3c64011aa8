"""The operating system: family, name, version, build, service pack, updates, architecture and the region set in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.operating_system import linux, windows
from vedette.inventory.operating_system.record import OPERATING_SYSTEM, OperatingSystem
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "OperatingSystem", "read"]

_READERS = {Platform.LINUX: linux.read, Platform.WINDOWS: windows.read}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(OPERATING_SYSTEM, host, _READERS[host.platform])


ITEM = InventoryItem(
    name=OPERATING_SYSTEM,
    clause=clause("computer.system"),
    record=OperatingSystem,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
