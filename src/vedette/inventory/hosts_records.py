"""The records of the hosts file, hosts(5): harmful programs lead banks and update servers astray there.

On Windows the file lies in the folder that the value DataBasePath of the TCP/IP service names, since to move it is an
old trick; on Linux it is /etc/hosts.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Final

from vedette.errors import Unreadable, ValueRefused
from vedette.facts.addresses import Scope, parsed, scope
from vedette.facts.kinds import Count, HostAddress, HostNames
from vedette.facts.record import Platform, Record
from vedette.formats.text import decoded
from vedette.formats.windows_path import located
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread, damage, sources
from vedette.statement.clauses import Purpose, clause

_ITEM: Final = "hosts_records"
_LINUX: Final = "/etc/hosts"
_WINDOWS: Final = "/Windows/System32/drivers/etc"
_TCPIP: Final = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
# A list of advertisers has some 200,000 records; what it blocks is not what this is read for.
_MOST_BYTES: Final = 8 << 20
_MOST_RECORDS: Final = 10_000
# Not as str.splitlines() has it, which would count lines where no editor does.
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostsRecord(Record):
    address: Annotated[HostAddress, "where the names lead"]
    names: Annotated[HostNames, "the names, internal ones masked"]
    line: Annotated[Count, "the number of its line in the file, from 1"]


@dataclass(slots=True)
class _Sheet:
    """What a hosts file says: line, address and names of each record, and how many lines are none."""

    astray: list[tuple[int, str, list[str]]] = field(default_factory=list)
    blocked: list[tuple[int, str, list[str]]] = field(default_factory=list)
    left_out: int = 0
    unusable: int = 0

    def add(self, line: int, address: str, names: list[str], elsewhere: bool) -> None:
        records = self.astray if elsewhere else self.blocked
        if len(records) < _MOST_RECORDS:
            records.append((line, address, names))
        else:
            self.left_out += 1

    def chosen(self) -> list[tuple[int, str, list[str]]]:
        """As many records as may be told, those that lead somewhere before those that lead nowhere."""
        room = _MOST_RECORDS - len(self.astray)
        self.left_out += len(self.blocked[room:])
        return sorted(self.astray + self.blocked[:room])


def read(host: Host) -> Iterator[Record | Unread]:
    yield from sources(_ITEM, host, _records)


def _records(host: Host) -> Iterator[Record | Unread]:
    if host.platform is Platform.WINDOWS:
        folder = yield from _folder(host)
        place = f"{folder}/hosts" if folder else None
    else:
        place = _LINUX
    if place is None:
        return
    sheet = _read(decoded(host.files.read(place, limit=_MOST_BYTES)))
    for line, address, names in sheet.chosen():
        yield HostsRecord(
            address=HostAddress(address),
            names=HostNames(names, address, host.private),
            line=Count(line),
        )
    if sheet.left_out:
        yield Unread(_ITEM, f"{sheet.left_out} more records than are told of")
    if sheet.unusable:
        yield Unread(_ITEM, f"{sheet.unusable} lines that tie no name to an address")


def _folder(host: Host) -> Generator[Unread, None, str | None]:
    """The folder of Windows' hosts file; none where it lies outside of the system's drive."""
    try:
        key = host.registry.machine.key(_TCPIP)
    except Unreadable as error:
        key = None
        yield Unread(_ITEM, error.reason)
    yield from damage(_ITEM, key)
    named = key.text("DataBasePath") if key else None
    folder = located(named) if named else _WINDOWS
    if folder is None:
        yield Unread(_ITEM, "the file lies outside of the system's drive")
    return folder


def _read(text: str) -> _Sheet:
    sheet = _Sheet()
    reach: dict[str, bool | None] = {}
    for number, line in enumerate(_LINE.finditer(text), start=1):
        words = line[0].partition("#")[0].replace("\0", " ").split()
        if not words:
            continue
        address, *names = words
        elsewhere = reach[address] if address in reach else _leads_elsewhere(address)
        if len(reach) < _MOST_RECORDS:
            reach[address] = elsewhere
        if elsewhere is None or not names:
            sheet.unusable += 1
        else:
            sheet.add(number, address, names, elsewhere)
    return sheet


def _leads_elsewhere(address: str) -> bool | None:
    """Whether ``address`` is another computer's; ``None`` where it is no address."""
    try:
        return scope(parsed(address)) not in {Scope.LOOPBACK, Scope.UNSPECIFIED}
    except ValueRefused:
        return None


ITEM = InventoryItem(
    name=_ITEM,
    clause=clause("computer.hosts"),
    record=HostsRecord,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(hours=6),
    retention=timedelta(days=365),
    read=read,
)
