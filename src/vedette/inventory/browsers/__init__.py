"""Web browsers: on Linux known packages and desktop entries, on Windows the clients registered for the start menu and
known programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from vedette.facts.kinds import Name, Version
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.browsers.known import KNOWN
from vedette.inventory.browsers.record import BROWSERS, Browser
from vedette.inventory.software.applications import others, packaged
from vedette.inventory.software.clients import Clients
from vedette.inventory.software.programs import Program
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "Browser", "read"]

_CLIENT_TYPE: Final = "StartMenuInternet"
_CATEGORY: Final = "WebBrowser"


def read(host: Host) -> Iterator[Record | Unread]:
    if host.platform is Platform.WINDOWS:
        return sources(BROWSERS, host, _registered)
    found: list[Program] = []

    def with_packages(host: Host) -> Iterator[Record]:
        for program in packaged(host, KNOWN):
            found.append(program)
            yield _browser(program, host.private)

    def without(host: Host) -> Iterator[Record]:
        return (_browser(each, host.private) for each in others(host, KNOWN, _CATEGORY, found))

    return sources(BROWSERS, host, with_packages, without)


def _registered(host: Host) -> Iterator[Record]:
    private = host.private
    return (_browser(each, private) for each in Clients(host, _CLIENT_TYPE, KNOWN).programs())


def _browser(program: Program, private: PrivateNames) -> Browser:
    return Browser(
        name=Name(program.name, private),
        id=Name(program.id, private),
        version=Version(program.version, private) if program.version else None,
        publisher=Name(program.publisher, private) if program.publisher else None,
    )


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
