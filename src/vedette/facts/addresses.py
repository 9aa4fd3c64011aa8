"""Addresses and names of the internet protocol: how far an address reaches, and which names are internal. Pure.

Ranges for documentation (RFC 5737, RFC 3849) count as public: they belong to nobody, and examples are written in them.
"""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from vedette.errors import ValueRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

INTERNAL: Final = "<internal>"
# What is left of a public address of this computer: of one of 6to4 the 24 bits of the IPv4 address inside it.
_SHORT_4, _SHORT_6, _SHORT_6TO4 = 24, 48, 16 + 24
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")


class Scope(StrEnum):
    """How far an address reaches."""

    PUBLIC = "public"
    PRIVATE = "private"
    LINK_LOCAL = "link_local"
    LOOPBACK = "loopback"
    UNSPECIFIED = "unspecified"
    MULTICAST = "multicast"
    RESERVED = "reserved"


# The first that an address lies in tells; the rest is public.
_SCOPES: Final = tuple(
    (ip_network(network), scope)
    for scope, networks in (
        (Scope.UNSPECIFIED, ("0.0.0.0/8", "::/128")),
        (Scope.LOOPBACK, ("127.0.0.0/8", "::1/128")),
        # RFC 1918, RFC 6598, RFC 4193, and RFC 3879 of old.
        (
            Scope.PRIVATE,
            (
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "100.64.0.0/10",
                "fc00::/7",
                "fec0::/10",
            ),
        ),
        (Scope.LINK_LOCAL, ("169.254.0.0/16", "fe80::/10")),
        (Scope.MULTICAST, ("224.0.0.0/4", "ff00::/8")),
        (Scope.RESERVED, ("240.0.0.0/4",)),
    )
    for network in networks
)

# Suffixes that no public name has (RFC 6761, RFC 6762 and its appendix G, RFC 8375, SAC113), and what routers and
# directories call themselves.
_PRIVATE_SUFFIXES: Final = frozenset(
    {"local", "localhost", "localdomain", "localnet", "lan", "home", "home.arpa", "corp"}
    | {"internal", "intranet", "intra", "private", "priv", "domain", "workgroup"}
    | {"test", "invalid", "fritz.box", "speedport.ip"}
)
# Those that are read as one in a name (UTS 46).
_DOTS = re.compile("[.\u3002\uff0e\uff61]")


def parsed(text: str) -> Address:
    """The address that ``text`` writes, without the interface that may follow it; of one of IPv4 in the clothes of
    IPv6 (``::ffff:…``), that. Raises ``ValueRefused``.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError as error:
        raise ValueRefused("not an internet address", "give one of IPv4 or IPv6") from error
    inside = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return inside or address


def scope(address: Address) -> Scope:
    """How far ``address`` reaches; one of 6to4 (RFC 3056) as far as the address of IPv4 inside it."""
    inside = address.sixtofour if isinstance(address, IPv6Address) else None
    if inside:
        return scope(inside)
    return next((found for network, found in _SCOPES if address in network), Scope.PUBLIC)


def shortened(address: Address) -> Network:
    """The network that ``address`` lies in: /24 of IPv4, /48 of IPv6, /40 of 6to4, since that has an address of IPv4
    in it.
    """
    if isinstance(address, IPv4Address):
        return IPv4Network((address, _SHORT_4), strict=False)
    length = _SHORT_6TO4 if address in _SIX_TO_FOUR else _SHORT_6
    return IPv6Network((address, length), strict=False)


def is_internal(name: str) -> bool:
    """Whether ``name`` is of one label, or under a suffix that is not public."""
    labels = [label for label in _DOTS.split(name.casefold()) if label]
    return len(labels) < 2 or any(
        ".".join(labels[first:]) in _PRIVATE_SUFFIXES for first in range(len(labels))
    )
