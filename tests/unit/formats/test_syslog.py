"""Lines of system logs in all their forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.formats.syslog import SyslogLine, parse

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
AT = datetime(2026, 11, 24, 14, 47, 44, tzinfo=UTC)
TEXT = "Failed password for invalid user x from 192.0.2.7 port 22 ssh2"


@pytest.mark.parametrize(
    "line",
    [
        f"2026-11-24T14:47:44+00:00 host sshd[12]: {TEXT}",
        f"2026-11-24T15:47:44+0100 host sshd[12]: {TEXT}",
        f"2026-11-24T14:47:44Z host.example.test sshd: {TEXT}",
        f"2026-11-24 14:47:44 host sshd[12]: {TEXT}",
        f"Nov 24 14:47:44 host sshd[12]: {TEXT}",
        f"Nov 24 2026 14:47:44 host sshd[12]: {TEXT}",
        f"Nov 24 14:47:44 host auth.info sshd[12]: {TEXT}",
        f"Nov 24 14:47:44 auth.info sshd[12]: {TEXT}",
        f"Nov 24 14:47:44 fe80::1 sshd(pam_unix)[12]: {TEXT}",
        f"<38>Nov 24 14:47:44 sshd[12]: {TEXT}",
        f"<38>Nov 24 14:47:44 host sshd[12]: {TEXT}",
        f"<38>1 2026-11-24T14:47:44.000Z host sshd 12 - - {TEXT}",
        f'<38>1 2026-11-24T14:47:44Z host sshd 12 ID1 [a@1 b="c\\"\\]"][d] \ufeff{TEXT}',
    ],
)
def test_every_form_says_the_same(line: str) -> None:
    assert parse(line, NOW, UTC) == SyslogLine("sshd", TEXT, AT)


def test_fractions_of_a_second_are_kept() -> None:
    found = parse("2026-11-24T14:47:44.123456+00:00 host sshd[12]: x", NOW, UTC)
    assert found is not None
    assert found.time == AT + timedelta(microseconds=123456)


def test_a_text_that_looks_like_a_tag_is_none() -> None:
    found = parse("Nov 24 14:47:44 sshd[1]: error: PAM: Authentication failure", NOW, UTC)
    assert found is not None
    assert (found.program, found.text) == ("sshd", "error: PAM: Authentication failure")


def test_the_kernels_time_since_boot_is_no_text() -> None:
    found = parse("Nov 24 14:47:44 host kernel: [ 123.456789] IN=eth0 OUT=", NOW, UTC)
    assert found is not None
    assert (found.program, found.text) == ("kernel", "IN=eth0 OUT=")


def test_a_repeated_message_counts_as_often_as_it_came() -> None:
    line = "Nov 24 14:47:44 host sshd[1]: message repeated 3 times: [ Failed password for root]"
    assert parse(line, NOW, UTC) == SyslogLine("sshd", "Failed password for root", AT, 3)


@pytest.mark.parametrize(
    ("stamp", "now", "year"),
    [
        ("Dec 31 23:59:59", datetime(2026, 1, 1, 0, 0, 5, tzinfo=UTC), 2025),
        ("Jan  1 00:00:01", datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC), 2027),
        ("Jan  2 00:00:01", datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC), 2026),
        ("Jul  1 12:00:00", datetime(2026, 6, 30, 12, 0, 1, tzinfo=UTC), 2026),
        ("Jul  2 12:00:00", datetime(2026, 6, 30, 12, 0, 1, tzinfo=UTC), 2025),
        ("Feb 29 12:00:00", datetime(2026, 6, 30, tzinfo=UTC), 2024),
        ("Feb 29 12:00:00", datetime(2103, 6, 30, tzinfo=UTC), 2096),
    ],
)
def test_a_missing_year_is_the_last_that_fits(stamp: str, now: datetime, year: int) -> None:
    found = parse(f"{stamp} host sshd: x", now, UTC)
    assert found is not None
    assert found.time is not None
    assert found.time.year == year


def test_a_stamp_without_offset_is_in_the_logs_zone() -> None:
    found = parse("Nov 24 14:47:44 host sshd: x", NOW, timezone(timedelta(hours=1)))
    assert found is not None
    assert found.time == AT - timedelta(hours=1)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "garbage",
        "Nov 24 14:47:44 host -- MARK --",
        "Feb 30 14:47:44 host sshd: x",
        "Foo 24 14:47:44 host sshd: x",
        "Nov 24 25:47:44 host sshd: x",
        "2026-13-24T14:47:44Z host sshd: x",
        "0001-01-01T00:00:00+14:00 host sshd: x",
        "<38>1 2026-11-24T14:47:44Z host sshd 12 - [unfinished text",
    ],
)
def test_what_is_no_line_of_a_system_log_is_none(line: str) -> None:
    assert parse(line, NOW, UTC) is None


@given(st.text(alphabet=st.sampled_from('<1>Nov 2:[]()-.TZ\0é"\\='), max_size=80), st.text())
def test_nothing_makes_it_fail(start: str, rest: str) -> None:
    parse(start + rest, NOW, UTC)
    found = parse(f"Nov 24 14:47:44 host sshd[1]: {rest}", NOW, UTC)
    assert found is not None
    assert found.program == "sshd"
