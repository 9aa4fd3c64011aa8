"""Services: the programs that the system runs in the background. On Linux those of systemd, OpenRC and System V
scripts, on Windows those of the service control manager.

A key of the Windows registry that is a driver by its type is no service but one of the item ``drivers``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.services import openrc, systemd, sysv, windows
from vedette.inventory.services.record import SERVICES, Service
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Service", "read"]

_READERS = {
    Platform.LINUX: (systemd.read, openrc.read, sysv.read),
    Platform.WINDOWS: (windows.read,),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(SERVICES, host, *_READERS[host.platform])


ITEM = InventoryItem(
    name=SERVICES,
    clause=clause("computer.services"),
    record=Service,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
