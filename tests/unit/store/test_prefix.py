from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import StoreUnusable
from vedette.store.prefix import prefix_hash

KEY = bytes(range(32))


def test_it_is_the_keyed_hash_of_the_network() -> None:
    assert prefix_hash("192.0.2.7", KEY) == hmac.digest(KEY, b"192.0.2.0/24", hashlib.sha256)
    assert prefix_hash("2001:db8:1:2::3", KEY) == hmac.digest(
        KEY, b"2001:db8:1::/48", hashlib.sha256
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.0", "192.0.2.255", True),
        ("192.0.2.0", "192.0.3.0", False),
        ("::ffff:192.0.2.9", "192.0.2.1", True),
        ("2001:db8:1::1", "2001:db8:1:ffff::", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::1", "0.0.0.1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_neighbours_share_it(one: str, other: str, same: bool) -> None:
    assert (prefix_hash(one, KEY) == prefix_hash(other, KEY)) is same


@given(st.ip_addresses())
def test_an_address_and_its_text_have_the_same(address: IPv4Address | IPv6Address) -> None:
    assert prefix_hash(address, KEY) == prefix_hash(str(address), KEY)
    assert len(prefix_hash(address, KEY)) == 32


def test_another_key_gives_another() -> None:
    assert prefix_hash("192.0.2.7", KEY) != prefix_hash("192.0.2.7", KEY[::-1])


def test_a_short_key_or_no_address_is_refused() -> None:
    with pytest.raises(StoreUnusable):
        prefix_hash("192.0.2.7", b"short")
    with pytest.raises(ValueError, match="address"):
        prefix_hash("localhost", KEY)
