"""What AppArmor and SELinux say of operations, and what they say otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.activity import LogSource
from vedette.activity.operations import Operation, apparmor, operation, selinux
from vedette.errors import ValueRefused
from vedette.facts.privacy import PrivateNames
from vedette.host.events import LogEntry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PRIVATE = PrivateNames(users=frozenset({"zebulon"}))
FIELDS = ("kind", "application", "target", "rule", "action")


def told(source: LogSource, text: str) -> list[tuple[Any, ...]]:
    found = list(source.read(LogEntry("kernel", text, NOW), PRIVATE))
    assert all(isinstance(each, Operation) for each in found)
    return [
        tuple(getattr(each, name) and getattr(each, name).value for name in FIELDS)
        for each in found
    ]


DENIED = (
    'audit: type=1400 audit(1700000000.123:45): apparmor="DENIED" operation="open" class="file" '
    'profile="/usr/sbin/cupsd" name="/etc/shadow" pid=7 comm="cupsd" requested_mask="r" '
    'denied_mask="r" fsuid=1000 ouid=0'
)


def test_a_denial_of_apparmor() -> None:
    assert told(apparmor.SOURCE, DENIED) == [
        ("apparmor_open", "/usr/sbin/cupsd", "/etc/shadow", "/usr/sbin/cupsd", "denied")
    ]


def test_in_complain_mode_it_went_through() -> None:
    (found,) = told(apparmor.SOURCE, DENIED.replace("DENIED", "ALLOWED"))
    assert found[-1] == "audited"


def test_a_named_profile_leaves_the_command() -> None:
    (found,) = told(apparmor.SOURCE, DENIED.replace("/usr/sbin/cupsd", "cups"))
    assert found[1:4] == ("cupsd", "/etc/shadow", "cups")


def test_names_in_hexadecimal_are_read_and_masked() -> None:
    place = b"/home/zebulon/a b".hex().upper()
    (found,) = told(apparmor.SOURCE, DENIED.replace('"/etc/shadow"', place))
    assert found[2] == "<home>/a b"


@pytest.mark.parametrize(
    "text",
    [
        DENIED.replace("DENIED", "STATUS"),
        DENIED.replace('apparmor="', 'apparmour="'),
        "usb 1-1: new device",
        "",
    ],
)
def test_what_apparmor_says_otherwise_is_no_operation(text: str) -> None:
    assert told(apparmor.SOURCE, text) == []


AVC = (
    "type=AVC msg=audit(1700000000.123:45): avc:  denied  { read open } for  pid=7 "
    'comm="httpd" path="/home/zebulon/secret" dev="dm-0" ino=9 '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 "
    "tclass=file permissive=0"
)


def test_a_denial_of_selinux() -> None:
    assert told(selinux.SOURCE, AVC) == [
        ("selinux_file_read", "httpd", "<home>/secret", "httpd_t user_home_t", "denied")
    ]
    assert told(selinux.SOURCE, AVC.replace("permissive=0", "permissive=1"))[0][-1] == "audited"


@pytest.mark.parametrize("text", [AVC.replace("denied", "granted"), AVC.replace("avc:", "cva:")])
def test_what_selinux_says_otherwise_is_no_operation(text: str) -> None:
    assert told(selinux.SOURCE, text) == []


@pytest.mark.parametrize("source", [apparmor.SOURCE, selinux.SOURCE])
@given(text=st.text(max_size=300))
def test_any_text_is_understood(source: LogSource, text: str) -> None:
    for prefix in ("", 'apparmor="DENIED" ', "avc:  denied  { read } for "):
        list(source.read(LogEntry("kernel", prefix + text, NOW), PRIVATE))


def test_what_is_no_word_is_refused() -> None:
    with pytest.raises(ValueRefused):
        operation("two words", "rule", "denied", NOW, PRIVATE)
