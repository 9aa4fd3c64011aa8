"""What is kept of the address that a computer joined from: a keyed hash of its neighbourhood.

Enough to see that many installs came from one place, which is how a network gets poisoned; without the key, which never
leaves the data directory, nothing can be looked up in it.
"""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from vedette.errors import StoreUnusable

_BITS = {4: 24, 6: 48}


def prefix_hash(ip: str | IPv4Address | IPv6Address, key: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) under ``key`` of the /24 or /48 around ``ip``: 32 bytes.

    An IPv4 address written as IPv6 counts as IPv4. ``key`` is at least 16 random bytes.
    Raises StoreUnusable for a shorter key and ValueError where ``ip`` is no address.
    """
    if len(key) < 16:
        raise StoreUnusable(
            "the key for joining addresses is too short", "restore the data directory"
        )
    # A zone (fe80::1%eth0) names an interface of ours, not a neighbourhood of theirs.
    address = ip_address(str(ip).partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    network = ip_network(f"{address}/{_BITS[address.version]}", strict=False)
    return hmac.digest(key, str(network).encode("ascii"), hashlib.sha256)
