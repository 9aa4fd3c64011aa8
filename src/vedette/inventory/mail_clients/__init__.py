"""Mail clients: on Linux known packages and desktop entries, on Windows the clients registered for mail and known
programs.
"""

from __future__ import annotations

from datetime import date, timedelta

from vedette.facts.record import Platform
from vedette.inventory import InventoryItem
from vedette.inventory.mail_clients.known import KNOWN
from vedette.inventory.mail_clients.record import MAIL_CLIENTS, MailClient
from vedette.inventory.software.reader import reader
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "MailClient", "read"]

read = reader(MAIL_CLIENTS, MailClient, KNOWN, category="Email", client_type="Mail")

ITEM = InventoryItem(
    name=MAIL_CLIENTS,
    clause=clause("computer.browsers_mail"),
    record=MailClient,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
