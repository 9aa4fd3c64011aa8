"""Browser add-ons: of Internet Explorer from the registry, of Chromium's and Firefox' families from people's profiles
and from what the system has told them to install. Nothing about pages, bookmarks or history is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Reader, Unread, distinct, sources
from vedette.inventory.browser_addons import chromium, firefox, internet_explorer, registered
from vedette.inventory.browser_addons.record import BROWSER_ADDONS, BrowserAddon
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "BrowserAddon", "read"]

_READERS: Final[dict[Platform, tuple[Reader, ...]]] = {
    Platform.LINUX: (chromium.for_all, chromium.profiles, firefox.profiles),
    Platform.WINDOWS: (
        internet_explorer.machine,
        internet_explorer.users,
        registered.machine,
        registered.users,
        chromium.profiles,
        firefox.profiles,
    ),
}


def read(host: Host) -> Iterator[Record | Unread]:
    return distinct(sources(BROWSER_ADDONS, host, *_READERS[host.platform]))


ITEM = InventoryItem(
    name=BROWSER_ADDONS,
    clause=clause("computer.browser_addons"),
    record=BrowserAddon,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
