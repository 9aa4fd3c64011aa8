"""How far addresses reach, what is left of them, and which names are internal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ValueRefused
from vedette.facts.addresses import is_internal, parsed, scope, shortened

SCOPES = {
    "8.8.8.8": "public",
    "203.0.113.1": "public",
    "2001:db8::1": "public",
    "2a00:1450::5": "public",
    "10.255.0.1": "private",
    "172.15.255.255": "public",
    "172.16.0.0": "private",
    "172.31.255.255": "private",
    "172.32.0.0": "public",
    "192.168.0.1": "private",
    "100.64.0.1": "private",
    "100.128.0.1": "public",
    "fd00::2": "private",
    "fec0::1": "private",
    "::ffff:10.0.0.1": "private",
    "2002:a00:1::1": "private",
    "2002:cb00:7101::1": "public",
    "169.254.1.1": "link_local",
    "fe80::1%eth0": "link_local",
    "127.0.3.3": "loopback",
    "::1": "loopback",
    "0.0.0.0": "unspecified",
    "::": "unspecified",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "reserved",
}


@pytest.mark.parametrize("address", SCOPES)
def test_how_far_it_reaches(address: str) -> None:
    assert scope(parsed(address)) == SCOPES[address]


@pytest.mark.parametrize(
    "text", ["", "a", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4/8", "::1::", "%eth0"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueRefused):
        parsed(text)


@given(st.ip_addresses(v=4))
def test_an_address_lies_in_what_is_left_of_it(address: object) -> None:
    found = parsed(str(address))
    assert found in shortened(found)
    assert shortened(found).prefixlen == 24


@given(st.ip_addresses(v=6))
def test_of_long_addresses_no_more_than_48_bits_are_left(address: object) -> None:
    found = parsed(str(address))
    assert found in shortened(found)
    assert shortened(found).prefixlen in {24, 40, 48}


@pytest.mark.parametrize(
    ("name", "internal"),
    [
        ("example.com", False),
        ("local.example.com", False),
        ("corp.com", False),
        ("www.lan.example", False),
        ("myfritz.box", False),
        ("intranet", True),
        ("", True),
        ("..", True),
        (".example", True),
        ("a.LOCAL", True),
        ("a.b.svc.cluster.local.", True),
        ("fritz.box", True),
        ("shop.test", True),
    ],
)
def test_which_names_are_internal(name: str, internal: bool) -> None:
    assert is_internal(name) is internal
