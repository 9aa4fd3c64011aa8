"""What extends Windows Explorer, or the desktop and file manager of a Linux."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, distinct, sources
from vedette.inventory.shell_plugins import desktops, explorer, file_managers
from vedette.inventory.shell_plugins.record import SHELL_PLUGINS, ShellPlugin
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "ShellPlugin", "read"]

_READERS = {
    Platform.LINUX: (
        desktops.described,
        file_managers.libraries,
        file_managers.actions,
        file_managers.scripts,
        file_managers.custom_actions,
    ),
    Platform.WINDOWS: (explorer.of_machine, explorer.of_users),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return distinct(sources(SHELL_PLUGINS, host, *_READERS[host.platform]))


ITEM = InventoryItem(
    name=SHELL_PLUGINS,
    clause=clause("computer.shell_plugins"),
    record=ShellPlugin,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
