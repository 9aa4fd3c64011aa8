"""Addresses of Linux: the kernel's tables in /proc/net."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv6Address
from typing import Final

from vedette.errors import Unreadable
from vedette.host import Host

_IPV4: Final = "/proc/net/fib_trie"
_IPV6: Final = "/proc/net/if_inet6"
# A leaf of the routing tables with a route to the computer itself.
_LOCAL = re.compile(r"\|-- (\S+)\n(?:\s+/\d+ .*\n)*?\s+/32 host LOCAL\b")
_HEXADECIMAL = re.compile(r"^([0-9a-f]{32}) ", re.MULTILINE)


def addresses(host: Host) -> Iterator[str | Unreadable]:
    """What the running kernel has. Without a table of IPv6 it has none of that kind."""
    try:
        for leaf in _LOCAL.finditer(_table(host, _IPV4)):
            yield leaf[1]
    except Unreadable as error:
        yield error
    try:
        for row in _HEXADECIMAL.finditer(_table(host, _IPV6)):
            yield str(IPv6Address(int(row[1], 16)))
    except Unreadable as error:
        if error.reason != "missing":
            yield error


def _table(host: Host, path: str) -> str:
    # A router has hundreds of thousands of routes in it.
    return host.files.read(path, limit=32 << 20).decode("ascii", "replace")
