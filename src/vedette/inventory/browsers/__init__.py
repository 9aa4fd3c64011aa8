"""Web browsers: on Linux known packages and desktop entries, on Windows the clients registered for the start menu and
known programs.
"""

from __future__ import annotations

from datetime import date, timedelta

from vedette.facts.record import Platform
from vedette.inventory import InventoryItem
from vedette.inventory.browsers.known import KNOWN
from vedette.inventory.browsers.record import BROWSERS, Browser
from vedette.inventory.software.reader import reader
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Browser", "read"]

read = reader(BROWSERS, Browser, KNOWN, category="WebBrowser", client_type="StartMenuInternet")

ITEM = InventoryItem(
    name=BROWSERS,
    clause=clause("computer.browsers_mail"),
    record=Browser,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
