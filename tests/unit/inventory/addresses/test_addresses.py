"""Addresses of computers on Linux and Windows: classes and networks, never an address."""

from __future__ import annotations

import socket

import pytest

from vedette.catalogue import discover
from vedette.facts.record import Platform
from vedette.host import Host
from vedette.host.linux import LinuxHost
from vedette.inventory import Unread
from vedette.inventory.addresses import read
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     +-- 203.0.113.0/24 2 0 2
        |-- 203.0.113.0
           /24 link UNICAST
        |-- 203.0.113.77
           /25 link UNICAST
           /32 host LOCAL
        |-- 203.0.113.254
           /32 universe UNICAST
        |-- 203.0.113.255
           /32 link BROADCAST
     |-- 198.51.100.0
        /24 universe UNICAST
     |-- 10.0.3.9
        /32 host LOCAL
     |-- 169.254.7.7
        /32 host LOCAL
Local:
     |-- 203.0.113.77
        /32 host LOCAL
     |-- 203.0.113.78
        /32 host LOCAL
"""
IF_INET6 = """\
fe80000000000000fc00fffe00000123 02 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000002 02 40 00 82     wlan-anna
20010db8001234560000000000000077 02 40 00 00     eth0
2002cb00714d0001000000000000beef 03 40 00 00     tun6to4
"""
LINUX = {"/proc/net/fib_trie": FIB_TRIE.encode(), "/proc/net/if_inet6": IF_INET6.encode()}
TOLD = [
    ("ipv4", "link_local", None),
    ("ipv4", "loopback", None),
    ("ipv4", "private", None),
    ("ipv4", "public", "203.0.113.0/24"),
    ("ipv6", "link_local", None),
    ("ipv6", "loopback", None),
    ("ipv6", "private", None),
    ("ipv6", "public", "2001:db8:12::/48"),
    ("ipv6", "public", "2002:cb00:7100::/40"),
]
INTERFACES = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters\Interfaces"


def told(host: Host) -> tuple[list[tuple[str, str, str | None]], list[str]]:
    schema = discover().schemas["addresses"]
    records, reasons = [], []
    for each in read(host):
        if isinstance(each, Unread):
            reasons.append(each.reason)
        else:
            row = schema.row(each)
            records.append((row["family"], row["scope"], row.get("prefix")))
    return records, reasons


def windows(hive: FakeHive, *rows: str, live: bool = True) -> tuple[list[object], list[str]]:
    records, reasons = told(
        FakeHost(
            platform=Platform.WINDOWS,
            live=live,
            registry=FakeRegistry(hive),
            rows={"MSFT_NetIPAddress": [{"IPAddress": row} for row in rows]},
        )
    )
    return list(records), reasons


def test_linux() -> None:
    assert told(FakeHost(files=FakeFiles(LINUX))) == (TOLD, [])


def test_nothing_of_an_address_is_left_but_its_network() -> None:
    records, _ = told(FakeHost(files=FakeFiles(LINUX)))
    for part in ("77", "78", "3456", "beef", "10.0", "fd00", "anna", "eth0"):
        assert part not in repr(records)


def test_without_ipv6_there_is_none() -> None:
    records, reasons = told(FakeHost(files=FakeFiles({"/proc/net/fib_trie": FIB_TRIE.encode()})))
    assert {family for family, _, _ in records} == {"ipv4"}
    assert reasons == []


def test_what_cannot_be_read_is_said_and_the_rest_told() -> None:
    assert told(FakeHost()) == ([], ["missing"])
    refused = FakeFiles(LINUX, refused=frozenset({"/proc/net/fib_trie"}))
    records, reasons = told(FakeHost(files=refused))
    assert {family for family, _, _ in records} == {"ipv6"}
    assert reasons == ["not permitted"]
    refused = FakeFiles(LINUX, refused=frozenset({"/proc/net/if_inet6"}))
    assert told(FakeHost(files=refused))[1] == ["not permitted"]


def test_another_table_in_their_place_says_nothing() -> None:
    odd = {
        "/proc/net/fib_trie": b"\xff|-- anna\n  /32 host LOCAL\n",
        "/proc/net/if_inet6": b"x 1\n",
    }
    assert told(FakeHost(files=FakeFiles(odd))) == ([], [])


def test_this_computer() -> None:
    records, reasons = told(LinuxHost())
    assert reasons == []
    assert ("ipv4", "loopback", None) in records
    # The address that another computer would be spoken to from; no packet is sent for it.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this computer is on no network")
        own = asked.getsockname()[0]
    network = own.rpartition(".")[0] + ".0/24"
    assert {("ipv4", "private", None), ("ipv4", "public", network)} & set(records)
    assert own not in repr(records)


def test_windows() -> None:
    hive = FakeHive(
        {
            INTERFACES + r"\{1}": {
                "EnableDHCP": 1,
                "DhcpIPAddress": "192.168.146.128",
                "IPAddress": ("203.0.113.5",),
            },
            INTERFACES + r"\{2}": {
                "EnableDHCP": 0,
                "DhcpIPAddress": "8.8.8.8",
                "IPAddress": ("198.51.100.7", "10.3.58.5", ""),
            },
            INTERFACES + r"\{3}": {"IPAddress": "0.0.0.0", "DhcpIPAddress": "169.254.1.1"},
            INTERFACES + r"\{4}": {"EnableDHCP": 1},
            INTERFACES + r"\{1}\16E6E616": {"EnableDHCP": 1, "DhcpIPAddress": "9.9.9.9"},
        }
    )
    records, reasons = windows(hive, "2001:db8:12:3456::1", "fe80::1%12", "127.0.0.1", "anna")
    assert records == [
        ("ipv4", "link_local", None),
        ("ipv4", "loopback", None),
        ("ipv4", "private", None),
        ("ipv4", "public", "198.51.100.0/24"),
        ("ipv6", "link_local", None),
        ("ipv6", "public", "2001:db8:12::/48"),
    ]
    assert reasons == []


def test_windows_with_a_registry_that_cannot_be_read() -> None:
    now = "203.0.113.9"
    assert windows(FakeHive({}, refused=["SYSTEM"]), now) == (
        [("ipv4", "public", "203.0.113.0/24")],
        ["not permitted"],
    )
    assert windows(FakeHive({INTERFACES: {}}, damage=["dirty"]), now)[1] == ["dirty"]
    assert windows(FakeHive(), live=False) == ([], [])
