"""The hardware: processor, memory, disks, firmware and Secure Boot, security chip. No serial numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.hardware import linux, windows
from vedette.inventory.hardware.record import HARDWARE, Hardware
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Hardware", "read"]

_READERS = {Platform.LINUX: linux.read, Platform.WINDOWS: windows.read}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(HARDWARE, host, _READERS[host.platform])


ITEM = InventoryItem(
    name=HARDWARE,
    clause=clause("computer.hardware"),
    record=Hardware,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
