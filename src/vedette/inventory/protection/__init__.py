"""The antivirus products of the computer and their state: ClamAV on Linux; on Windows what its Security Center knows,
and Defender.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.protection import clamav, windows
from vedette.inventory.protection.record import PROTECTION, Product
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Product", "read"]

_READERS = {Platform.LINUX: (clamav.read,), Platform.WINDOWS: (windows.read,)}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(PROTECTION, host, *_READERS[host.platform])


ITEM = InventoryItem(
    name=PROTECTION,
    clause=clause("protection.status"),
    record=Product,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(hours=6),
    retention=timedelta(days=365),
    read=read,
)
