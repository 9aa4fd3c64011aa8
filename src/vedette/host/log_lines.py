"""Lines of logs as entries: of system logs, and of those that one program alone writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from vedette.clock import EPOCH
from vedette.formats import syslog
from vedette.host.events import LogEntry

Form = Callable[[str, datetime], Sequence[LogEntry]]
"""The entries that a line (without its end) stands for, read at a time; none where it is not of the form."""

_MOST_REPEATED: Final = 1000
_CLAMD: Final = re.compile(r"\w{3} (\w{3}) +(\d{1,2}) (\d{2}:\d{2}:\d{2}) (\d{4}) -> ")
_FAIL2BAN: Final = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}),\d{3} +\S+ +\[\d+\]: ")
_AUDIT: Final = re.compile(r"(?:node=\S+ )?type=\S+ msg=audit\((\d{1,11})\.(\d{3}):\d+\): ?")


def system(line: str, now: datetime) -> Sequence[LogEntry]:
    """A line of a system log (``vedette.formats.syslog``)."""
    if (found := syslog.parse(line, now)) is None:
        return ()
    entry = LogEntry(found.program, found.text, found.time)
    return (entry,) * min(found.times, _MOST_REPEATED)


def suricata(line: str, _: datetime) -> Sequence[LogEntry]:
    """A line of Suricata's EVE log: a JSON object, which is not looked into here."""
    return (LogEntry("suricata", line),) if line.startswith("{") else ()


def clamd(line: str, _: datetime) -> Sequence[LogEntry]:
    """A line of clamd's or clamonacc's own log, whole; with its time where it has one (``LogTime``)."""
    if found := _CLAMD.match(line):
        month, day, clock, year = found.groups()
        return (
            LogEntry("clamd", line, _local(f"{year} {month} {day} {clock}", "%Y %b %d %H:%M:%S")),
        )
    return (LogEntry("clamd", line),) if line else ()


def fail2ban(line: str, _: datetime) -> Sequence[LogEntry]:
    """A line of fail2ban's own log, whole."""
    if found := _FAIL2BAN.match(line):
        return (LogEntry("fail2ban", line, _local(found[1], "%Y-%m-%d %H:%M:%S")),)
    return ()


def audit(line: str, _: datetime) -> Sequence[LogEntry]:
    """A line of auditd's log, whole (https://github.com/linux-audit/audit-documentation)."""
    if found := _AUDIT.match(line):
        time = EPOCH + timedelta(seconds=int(found[1]), milliseconds=int(found[2]))
        return (LogEntry("audit", line, time),)
    return ()


FORMS: Final[Mapping[str, tuple[Form, frozenset[str] | None]]] = {
    "syslog": (system, None),
    "eve": (suricata, frozenset({"suricata"})),
    "clamd": (clamd, frozenset({"clamd"})),
    "fail2ban": (fail2ban, frozenset({"fail2ban"})),
    "audit": (audit, frozenset({"audit"})),
}
"""By name: each form, and the programs whose entries there can be; ``None`` where these may be any."""


def _local(stamp: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, form).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
