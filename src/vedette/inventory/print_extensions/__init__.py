"""Extensions of the printing system: of Windows its monitors, providers and print processors, of CUPS its back ends and
filters. Neither printers nor what is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.print_extensions import cups, windows
from vedette.inventory.print_extensions.record import PRINT_EXTENSIONS, PrintExtension
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "PrintExtension", "read"]

_READERS = {
    Platform.LINUX: (cups.programs, cups.rules, cups.descriptions),
    Platform.WINDOWS: (windows.monitors, windows.providers, windows.processors),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return sources(PRINT_EXTENSIONS, host, *_READERS[host.platform])


ITEM = InventoryItem(
    name=PRINT_EXTENSIONS,
    clause=clause("computer.print_extensions"),
    record=PrintExtension,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
