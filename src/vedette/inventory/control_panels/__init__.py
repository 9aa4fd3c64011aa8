"""Applets (ActiveX, Java) and the pages of the system's control panel; on Linux those of the desktops' settings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, distinct, sources
from vedette.inventory.control_panels import desktops, java, windows
from vedette.inventory.control_panels.record import CONTROL_PANELS, ControlPanel
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "ControlPanel", "read"]

_READERS = {
    Platform.LINUX: (desktops.panels, desktops.plugins, java.machines),
    Platform.WINDOWS: (
        windows.files,
        windows.of_machine,
        windows.of_users,
        java.of_machine,
    ),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return distinct(sources(CONTROL_PANELS, host, *_READERS[host.platform]))


ITEM = InventoryItem(
    name=CONTROL_PANELS,
    clause=clause("computer.applets_control_panels"),
    record=ControlPanel,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
