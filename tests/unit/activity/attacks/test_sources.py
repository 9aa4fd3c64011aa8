"""What logs tell of attacks: each form of a line, and lines that attackers write themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.activity import LogSource
from vedette.activity.attacks import Attack, attack, fail2ban, packets, sshd, suricata
from vedette.clock import EPOCH
from vedette.errors import ValueRefused
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.host.events import LogEntry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECONDS = int((NOW - EPOCH).total_seconds())


def told(source: LogSource, text: str, program: str = "x") -> list[tuple[Any, ...]]:
    found = list(source.read(LogEntry(program, text, NOW), NOTHING_PRIVATE))
    assert all(isinstance(each, Attack) for each in found)
    return [
        (each.source.value, each.port and each.port.value, each.protocol.value, each.kind.value)
        for each in found
        if isinstance(each, Attack)
    ]


SSHD = {
    "Failed password for root from 203.0.113.7 port 50022 ssh2": "login_failed",
    "Failed password for invalid user anna from 203.0.113.7 port 50022 ssh2": "login_failed",
    "Failed publickey for git from 203.0.113.7 port 5 ssh2: RSA SHA256:abc": "login_failed",
    "Failed keyboard-interactive/pam for root from 203.0.113.7 port 5 ssh2": "login_failed",
    "Failed none for invalid user a from 203.0.113.7 port 5 ssh2": "login_failed",
    "error: PAM: Authentication failure for anna from 203.0.113.7": "login_failed",
    "Invalid user anna from 203.0.113.7 port 4242": "unknown_user",
    "Invalid user  from 203.0.113.7 port 4242": "unknown_user",
    "Illegal user anna from 203.0.113.7": "unknown_user",
    "User root from 203.0.113.7 not allowed because not listed in AllowUsers": "user_not_allowed",
    "error: maximum authentication attempts exceeded for root from 203.0.113.7 port 1 ssh2 [preauth]": (
        "too_many_attempts"
    ),
    "Connection closed by authenticating user root 203.0.113.7 port 1 [preauth]": "left_before_login",
    "Disconnected from invalid user anna 203.0.113.7 port 1 [preauth]": "left_before_login",
    "Connection closed by 203.0.113.7 port 1 [preauth]": "scan",
    "Connection reset by 203.0.113.7 port 1 [preauth]": "scan",
    "Did not receive identification string from 203.0.113.7 port 1": "scan",
    "Bad protocol version identification 'GET / HTTP/1.1' from 203.0.113.7 port 1": "scan",
    "banner exchange: Connection from 203.0.113.7 port 1: invalid format": "scan",
    "Unable to negotiate with 203.0.113.7 port 1: no matching key exchange method found.": "scan",
    "fatal: Timeout before authentication for 203.0.113.7 port 1": "scan",
    "drop connection #10 from [203.0.113.7]:51264 on [198.51.100.1]:22 past MaxStartups": "flood",
}


@pytest.mark.parametrize(("text", "kind"), SSHD.items())
def test_what_sshd_says_of_an_attack(text: str, kind: str) -> None:
    assert told(sshd.SOURCE, text) == [("203.0.113.7", 22, "tcp", kind)]
    assert told(sshd.SOURCE, text.replace("203.0.113.7", "2001:db8::7")) == [
        ("2001:db8::7", 22, "tcp", kind)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Accepted publickey for anna from 203.0.113.7 port 50022 ssh2: ED25519 SHA256:x",
        "Failed none for anna from 203.0.113.7 port 5 ssh2",
        "Disconnected from user anna 203.0.113.7 port 1",
        "Connection closed by 203.0.113.7 port 1",
        "Received disconnect from 203.0.113.7 port 1:11: disconnected by user",
        "Server listening on 0.0.0.0 port 22.",
        "Failed password for root from an unknown place port 1 ssh2",
        "Failed password for " + "x" * 5000 + " from 203.0.113.7 port 1 ssh2",
        "",
    ],
)
def test_what_sshd_says_otherwise_is_no_attack(text: str) -> None:
    assert told(sshd.SOURCE, text) == []


@pytest.mark.parametrize(
    "user",
    [
        "x from 198.51.100.9 port 1 ssh2",
        "root from 198.51.100.9",
        "x\nFailed password for root from 198.51.100.9 port 1 ssh2",
        "invalid user y from 198.51.100.9 port 2",
    ],
)
def test_a_user_name_cannot_blame_somebody_else(user: str) -> None:
    for text in (
        f"Failed password for invalid user {user} from 203.0.113.7 port 50022 ssh2",
        f"Invalid user {user} from 203.0.113.7 port 50022",
        f"Connection closed by invalid user {user} 203.0.113.7 port 50022 [preauth]",
    ):
        assert {each[0] for each in told(sshd.SOURCE, text)} == {"203.0.113.7"}


def test_no_user_name_goes_further() -> None:
    for text in SSHD:
        for found in sshd.SOURCE.read(LogEntry("sshd", text, NOW), NOTHING_PRIVATE):
            assert "anna" not in repr(found)


@pytest.mark.parametrize("source", [sshd.SOURCE, suricata.SOURCE, packets.SOURCE, fail2ban.SOURCE])
@given(text=st.text(max_size=300))
def test_any_text_is_understood_or_refused(source: LogSource, text: str) -> None:
    for prefix in ("", '{"alert"', "Failed password for ", "drop: IN=eth0 OUT= SRC="):
        try:
            list(source.read(LogEntry("x", prefix + text, NOW), NOTHING_PRIVATE))
        except ValueRefused:
            continue


def alert(**more: Any) -> str:
    event = {
        "timestamp": "2026-11-24T12:00:00.123456+0000",
        "event_type": "alert",
        "src_ip": "203.0.113.7",
        "src_port": 5555,
        "dest_ip": "192.168.1.5",
        "dest_port": 445,
        "proto": "TCP",
        "alert": {"category": "Attempted Administrator Privilege Gain", "signature": "ET x"},
        "payload": "aGVsbG8=",
        "http": {"hostname": "intranet.example", "url": "/?user=anna"},
    }
    return json.dumps(event | more)


def test_an_alert_of_suricata() -> None:
    assert told(suricata.SOURCE, alert()) == [
        ("203.0.113.7", 445, "tcp", "attempted_administrator_privilege_gain")
    ]
    (found,) = suricata.SOURCE.read(LogEntry("suricata", alert()), NOTHING_PRIVATE)
    assert isinstance(found, Attack)
    assert found.time.value == SECONDS


def test_an_alert_about_an_answer_names_the_other_side() -> None:
    answer = alert(src_ip="10.0.0.5", src_port=22, dest_ip="203.0.113.7", dest_port=5555)
    assert told(suricata.SOURCE, answer)[0][:2] == ("203.0.113.7", 22)


def test_an_alert_without_ports_or_a_class() -> None:
    plain = alert(proto="ICMP", dest_port=None, alert={"category": ""})
    assert told(suricata.SOURCE, plain) == [("203.0.113.7", None, "icmp", "alert")]


@pytest.mark.parametrize(
    "text", ['{"event_type": "alert"', alert(src_ip="nowhere"), alert(dest_port=99999)]
)
def test_a_broken_alert_is_refused(text: str) -> None:
    with pytest.raises(ValueRefused):
        told(suricata.SOURCE, text)


def test_other_events_of_suricata_are_passed_over() -> None:
    assert told(suricata.SOURCE, json.dumps({"event_type": "flow", "src_ip": "1.2.3.4"})) == []
    assert told(suricata.SOURCE, json.dumps({"event_type": "stats", "x": "alert"})) == []


PACKET = (
    "[12345.678] nft-drop: IN=eth0 OUT= MAC=aa:bb SRC=203.0.113.7 DST=198.51.100.2 LEN=60 "
    "PROTO=TCP SPT=44444 DPT=23 WINDOW=64240 SYN"
)


def test_a_packet_that_the_firewall_turned_away() -> None:
    assert told(packets.SOURCE, PACKET) == [("203.0.113.7", 23, "tcp", "packet_refused")]
    ufw = PACKET.replace("nft-drop:", "[UFW BLOCK]")
    assert told(packets.SOURCE, ufw) == [("203.0.113.7", 23, "tcp", "packet_refused")]
    ping = PACKET.partition("PROTO=")[0] + "PROTO=ICMP TYPE=8 CODE=0"
    assert told(packets.SOURCE, ping) == [("203.0.113.7", None, "icmp", "packet_refused")]


@pytest.mark.parametrize(
    "text",
    [
        PACKET.replace("nft-drop:", "nft-accept:"),
        PACKET.replace("OUT=", "OUT=eth1"),
        PACKET.replace("IN=eth0", "IN="),
        PACKET.replace("SRC=", "XRC="),
        "usb 1-1: new device",
    ],
)
def test_other_lines_of_the_kernel_are_no_attack(text: str) -> None:
    assert told(packets.SOURCE, text) == []


def test_a_ban_counts_and_what_led_to_it_does_not() -> None:
    ban = "2026-11-24 12:00:00,123 fail2ban.actions        [77]: NOTICE  [sshd] Ban 203.0.113.7"
    assert told(fail2ban.SOURCE, ban) == [("203.0.113.7", 22, "tcp", "banned_sshd")]
    for other in ("INFO    [sshd] Found 203.0.113.7", "NOTICE  [sshd] Unban 203.0.113.7"):
        assert told(fail2ban.SOURCE, ban.partition("NOTICE")[0] + other) == []


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("10.1.2.3", "private"),
        ("127.0.0.9", "loopback"),
        ("fe80::1%eth0", "link_local"),
        ("0.0.0.0", "unspecified"),
    ],
)
def test_only_a_public_address_is_told(given_: str, kept: str) -> None:
    record = attack(given_, 22, "TCP", "scan", NOW)
    assert record.source.value == kept
    assert type(record.source).fits([kept])


@pytest.mark.parametrize("text", ["10.1.2.3", "2001:DB8::7", "anna", "203.0.113.7 ", "public"])
def test_what_no_constructor_makes_does_not_fit(text: str) -> None:
    record = attack("203.0.113.7", 22, "tcp", "scan", NOW)
    assert not type(record.source).fits([text])


@pytest.mark.parametrize(
    ("port", "protocol", "kind", "count"),
    [
        (0, "tcp", "a", 1),
        (65536, "tcp", "a", 1),
        (1, "t c", "a", 1),
        (1, "tcp", "", 1),
        (1, "tcp", "a", 0),
    ],
)
def test_what_is_no_attack_is_refused(port: int, protocol: str, kind: str, count: int) -> None:
    with pytest.raises(ValueRefused):
        attack("203.0.113.7", port, protocol, kind, NOW, count=count)
