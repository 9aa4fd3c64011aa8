"""Addresses of Windows: the interfaces of the TCP/IP service in the registry and, where it runs, what it has now.

An image tells of IPv4 only: addresses of IPv6 are not kept there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.host import Host, Query
from vedette.host.registry import Key

_INTERFACES: Final = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"
_NOW: Final = Query(r"root\StandardCimv2", "MSFT_NetIPAddress", ("IPAddress",))


def addresses(host: Host) -> Iterator[str | Unreadable]:
    """What the interfaces were given, and have."""
    try:
        # One level: below an interface lie the networks that it once was in, by their names.
        interfaces = host.registry.machine.key(_INTERFACES, depth=1)
        for interface in interfaces.keys if interfaces else ():
            yield from _given(interface)
        for reason in interfaces.damage if interfaces else ():
            yield Unreadable(reason)
    except Unreadable as error:
        yield error
    try:
        for row in host.management(_NOW):
            yield str(row.get("IPAddress"))
    except Unreadable as error:
        yield error


def _given(interface: Key) -> Iterator[str]:
    """The addresses of one interface; those of the way that is off are left over from before."""
    dynamic = interface.number("EnableDHCP")
    if dynamic != 0:
        yield from interface.texts("DhcpIPAddress")
    if dynamic != 1:
        yield from interface.texts("IPAddress")
