"""Which entries of a journal count, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.host.events import Gap, LogEntry
from vedette.host.journal import DAMAGED, entry_of, exported

FIELDS = {
    "MESSAGE": "Failed password",
    "SYSLOG_IDENTIFIER": "sshd",
    "_UID": "0",
    "__REALTIME_TIMESTAMP": "1795531664000001",
}
AT = datetime(2026, 11, 24, 14, 47, 44, 1, tzinfo=UTC)


def test_an_entry_says_who_wrote_it_what_and_when() -> None:
    assert entry_of(FIELDS) == LogEntry("sshd", "Failed password", AT)


@pytest.mark.parametrize(
    ("changes", "program"),
    [
        ({"_UID": "1000"}, None),  # a person's program may call itself sshd
        ({"_UID": "60000"}, None),
        ({"_UID": "999"}, "sshd"),
        ({"_UID": "65534"}, "sshd"),
        ({"SYSLOG_IDENTIFIER": "", "_COMM": "sshd"}, "sshd"),
        ({"SYSLOG_IDENTIFIER": ""}, None),
        ({"SYSLOG_IDENTIFIER": "kernel"}, None),
        ({"SYSLOG_IDENTIFIER": "kernel", "_TRANSPORT": "kernel"}, "kernel"),
    ],
)
def test_only_what_a_service_or_the_kernel_wrote_counts(
    changes: dict[str, str], program: str | None
) -> None:
    entry = entry_of({**FIELDS, **changes})
    assert (entry.program if entry else None) == program


@pytest.mark.parametrize("stamp", ["", "x", "9" * 30])
def test_a_time_that_cannot_be_is_none(stamp: str) -> None:
    assert entry_of({**FIELDS, "__REALTIME_TIMESTAMP": stamp}) == LogEntry(
        "sshd", "Failed password"
    )


def test_an_exported_file_is_read_as_far_as_it_goes() -> None:
    data = b"".join(b"%s=%s\n" % (name.encode(), value.encode()) for name, value in FIELDS.items())
    pieces = [data[:50], data[50:] + b"\n" + data + b"\nMESS"]
    entry = LogEntry("sshd", "Failed password", AT)
    assert list(exported(pieces)) == [entry, entry, Gap(1, DAMAGED)]
