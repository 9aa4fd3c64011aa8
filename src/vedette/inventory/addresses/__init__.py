"""The networks that this computer has addresses in: never an address, and of a private one only that there is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from vedette.errors import ValueRefused
from vedette.facts.addresses import Scope, parsed, scope
from vedette.facts.kinds import OwnAddress, Word
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, sources
from vedette.inventory.addresses import linux, windows
from vedette.statement.clauses import Purpose, clause

_ITEM: Final = "addresses"
_SOURCES: Final = {Platform.LINUX: linux.addresses, Platform.WINDOWS: windows.addresses}
# What else the tables of a computer hold are no addresses that it has.
_REACHES: Final = frozenset({Scope.PUBLIC, Scope.PRIVATE, Scope.LINK_LOCAL, Scope.LOOPBACK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Record):
    family: Annotated[Word, "ipv4 or ipv6"]
    scope: Annotated[Word, "public, private, link_local or loopback: how far the address reaches"]
    prefix: Annotated[OwnAddress | None, "the network that a public address lies in"] = None


def read(host: Host) -> Iterator[Record | Unread]:
    yield from sources(_ITEM, host, _records)


def _records(host: Host) -> Iterator[Record | Unread]:
    found: set[tuple[str, str, str | None]] = set()
    for each in _SOURCES[host.platform](host):
        if isinstance(each, str):
            found |= _classes(each)
        else:
            yield Unread(_ITEM, each.reason)
    for family, reach, network in sorted(found, key=str):
        yield Address(
            family=Word(family),
            scope=Word(reach),
            prefix=OwnAddress(network.partition("/")[0]) if network else None,
        )


def _classes(text: str) -> set[tuple[str, str, str | None]]:
    """Family, reach and, of a public one, network of the address ``text``; nothing of what is none."""
    try:
        address = parsed(text)
    except ValueRefused:
        return set()
    reach = scope(address)
    if reach not in _REACHES:
        return set()
    network = OwnAddress(text).value if reach is Scope.PUBLIC else None
    return {(f"ipv{address.version}", reach, network)}


ITEM = InventoryItem(
    name=_ITEM,
    clause=clause("computer.addresses"),
    record=Address,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=90),
    read=read,
)
