"""The forms of logs that one program alone writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.host.events import LogEntry
from vedette.host.log_lines import FORMS

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
AT = datetime(2026, 11, 24, 14, 47, 44, tzinfo=UTC)


def local(form: str) -> str:
    return AT.astimezone().strftime(form)


@pytest.mark.parametrize(
    ("form", "line", "time"),
    [
        ("eve", '{"timestamp":"2026-11-24T14:47:44","event_type":"alert"}', None),
        ("clamd", local("%a %b %d %H:%M:%S %Y") + " -> /tmp/x: Eicar-Signature FOUND", AT),
        ("clamd", "/tmp/x: Eicar-Signature FOUND", None),
        (
            "fail2ban",
            local("%Y-%m-%d %H:%M:%S") + ",123 fail2ban.actions [7]: NOTICE [a] Ban b",
            AT,
        ),
        ("audit", "type=AVC msg=audit(1795531664.000:42): avc:  denied", AT),
        ("audit", "node=a type=AVC msg=audit(1795531664.000:42): avc:  denied", AT),
    ],
)
def test_a_line_is_the_entry_as_it_is(form: str, line: str, time: datetime | None) -> None:
    read, programs = FORMS[form]
    assert programs is not None
    (program,) = programs
    assert list(read(line, NOW)) == [LogEntry(program, line, time)]


@pytest.mark.parametrize("form", ["eve", "fail2ban", "audit", "syslog"])
def test_other_lines_are_none(form: str) -> None:
    assert not FORMS[form][0]("something else", NOW)


def test_a_stamp_that_no_calendar_knows_is_no_time() -> None:
    (entry,) = FORMS["clamd"][0]("Tue Feb 31 14:47:44 2026 -> /tmp/x: A FOUND", NOW)
    assert entry.time is None


def test_a_repeated_message_is_told_as_often_as_it_came_within_reason() -> None:
    line = "Nov 24 14:47:44 host sshd[1]: message repeated {} times: [ Failed]"
    assert len(FORMS["syslog"][0](line.format(3), NOW)) == 3
    assert len(FORMS["syslog"][0](line.format(999_999_999), NOW)) == 1000
