"""Lines of system logs: RFC 5424, RFC 3164 and what the distributions make of them.

Debian's rsyslog writes ``2026-11-24T14:47:44.123456+00:00 host sshd[12]: text``, Fedora's ``Nov 24 14:47:44 host
sshd[12]: text``, Alpine's BusyBox ``Nov 24 14:47:44 host auth.info sshd[12]: text``; programs send ``<38>Nov 24
14:47:44 sshd[12]: text`` to their own computer's socket, with no host.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_AHEAD: Final = timedelta(days=1)  # a stamp further in the future than this is last year's

# A host never holds a bracket, nor ends with a colon: "sshd[12]: error: text" has none.
_LINE: Final = re.compile(
    r"""(?:<(?P<priority>\d{1,3})>)?
    (?:(?P<month>[A-Z][a-z]{2})\ {1,2}(?P<day>\d{1,2})\ (?:(?P<year>\d{4})\ )?
       (?P<clock>\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?
      |(?P<iso>\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)
    ):?\ +
    (?:(?P<host>[^\s\[\]]*[^\s\[\]:])\ +)?
    (?:(?:auth|authpriv|cron|daemon|ftp|kern|lpr|mail|news|security|syslog|user|uucp|local[0-7])
       \.(?:emerg|panic|alert|crit|err|error|warn|warning|notice|info|debug)\ +)?
    (?P<tag>[^\s\[\]:]{1,128})(?:\[[^\]\s]{0,128}\])?:(?:\ |$)
    (?P<text>.*)""",
    re.VERBOSE | re.DOTALL,
)
_NEW: Final = re.compile(
    r"<\d{1,3}>[1-9]\d{0,2} (?P<iso>\S{1,64}) \S{1,255} (?P<tag>\S{1,128}) \S{1,128} \S{1,64} "
    r"(?:-|(?:\[[^\s\]=\"]+(?: [^\s\]=\"]+=\"(?:[^\"\\\]]|\\.)*\")*\])+)(?: (?P<text>.*))?",
    re.DOTALL,
)
_REPEATED: Final = re.compile(r"message repeated (\d{1,9}) times: \[ (.*)\]", re.DOTALL)
_SINCE_BOOT: Final = re.compile(r"\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")


@dataclass(frozen=True, slots=True)
class SyslogLine:
    """What ``program`` said, ``times`` times in a row; ``time`` in UTC, ``None`` where the line has none."""

    program: str
    text: str
    time: datetime | None
    times: int = 1


def parse(line: str, now: datetime, zone: tzinfo | None = None) -> SyslogLine | None:
    """``line`` (without its end) of a system log; ``None`` where it is none.

    A stamp without an offset is in ``zone``, by default the system's; one without a year is in the last year that
    does not place it more than a day after ``now``.
    """
    if found := _NEW.fullmatch(line):
        text = (found["text"] or "").removeprefix("\ufeff")
        return _said(found["tag"], text, _iso(found["iso"], zone))
    if (found := _LINE.fullmatch(line)) is None:
        return None
    time = _iso(found["iso"], zone) if found["iso"] else _old(found, now, zone)
    if time is None:
        return None  # a stamp that no calendar knows
    return _said(found["tag"], found["text"], time)


def _said(tag: str, text: str, time: datetime | None) -> SyslogLine:
    program, times = tag, 1
    if "(" in tag[1:]:  # "sshd(pam_unix)"
        program = tag[: tag.index("(", 1)]
    if program == "kernel" and (stamp := _SINCE_BOOT.match(text)):
        text = text[stamp.end() :]
    if text.startswith("message repeated ") and (again := _REPEATED.fullmatch(text)):
        times, text = int(again[1]), again[2]
    return SyslogLine(program, text, time, times)


def _iso(stamp: str, zone: tzinfo | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(stamp)
        return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _old(found: re.Match[str], now: datetime, zone: tzinfo | None) -> datetime | None:
    if found["month"] not in _MONTHS:
        return None
    month = _MONTHS.index(found["month"]) // 4 + 1
    hour, minute, second = map(int, found["clock"].split(":"))
    this = now.astimezone(zone).year
    # A leap day may lie up to eight years back: there was none in 1900, and is none in 2100.
    years = [int(found["year"])] if found["year"] else range(this + 1, this - 9, -1)
    for year in years:
        try:
            time = datetime(
                year, month, int(found["day"]), hour, minute, min(second, 59), tzinfo=zone
            ).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if found["year"] or time <= now + _AHEAD:
            return time
    return None
