"""What starts by itself: with the system, when somebody logs on, or at set times. Of Windows the Run keys, Winlogon,
scheduled tasks, startup folders and scripts of policies; of Linux the units and timers of systemd, cron, the autostart
entries of desktops, and start scripts.

A service that the item ``services`` tells is told here too only where it is a unit of systemd that something wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, distinct, sources
from vedette.inventory.autostarts import (
    cron,
    desktops,
    run_keys,
    scripts,
    settings,
    startup_folders,
    systemd,
    tasks,
)
from vedette.inventory.autostarts.record import AUTOSTARTS, Autostart
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Autostart", "read"]

_READERS = {
    Platform.LINUX: (systemd.read, cron.read, desktops.read, scripts.read),
    Platform.WINDOWS: (run_keys.read, settings.read, tasks.read, startup_folders.read),
}


def read(host: Host) -> Iterator[Record | Unread]:
    """Each entry once, also where several people have it."""
    return distinct(sources(AUTOSTARTS, host, *_READERS[host.platform]))


ITEM = InventoryItem(
    name=AUTOSTARTS,
    clause=clause("computer.autostarts"),
    record=Autostart,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
