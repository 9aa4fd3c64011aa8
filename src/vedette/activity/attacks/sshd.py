"""Attacks that OpenSSH's server tells of (sshd(8); auth.c, auth2.c, packet.c, kex.c and sshd.c of OpenSSH 9 and 10).

A user's name is whatever the attacker typed, also something that looks like the rest of the line: patterns take the
address from the end, and no name goes any further. One attempt has several lines; each kind counts one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.activity import Finding, LogSource
from vedette.activity.attacks.record import attack
from vedette.clock import EPOCH
from vedette.errors import ValueRefused
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.host.events import LogEntry

_PORT: Final = 22  # what the log names is the attacker's
_LONGEST: Final = 2048
_THERE: Final = r"(?P<source>[0-9A-Fa-f.:]+(?:%\w+)?) port \d{1,5}"
_WHO: Final = r"(?P<source>[0-9A-Fa-f.:]+(?:%\w+)?)(?: port \d{1,5})?"
_KINDS: Final = tuple(
    (kind, re.compile(pattern.replace("<who>", _WHO).replace("<there>", _THERE), re.DOTALL))
    for kind, pattern in (
        ("login_failed", r"Failed [\w/-]+ for .* from <who>(?: ssh2)?(?:: .*)?"),
        ("login_failed", r"error: PAM: .* for .* from <who>"),
        ("unknown_user", r"(?:Invalid|Illegal) user .* from <who>"),
        ("user_not_allowed", r"User .* from <who> not allowed because .*"),
        (
            "too_many_attempts",
            r"(?:error: )?maximum authentication attempts exceeded for .* from <who> ssh2(?: \[preauth\])?",
        ),
        (
            "left_before_login",
            r"(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user .* <there>"
            r" \[preauth\]",
        ),
        ("scan", r"(?:Connection (?:closed|reset) by|Disconnected from) <who> \[preauth\]"),
        ("scan", r"Did not receive identification string from <who>"),
        ("scan", r"Bad protocol version identification .* from <who>"),
        ("scan", r"banner exchange: Connection from <who>: .*"),
        ("scan", r"(?:fatal: )?Unable to negotiate with <who>: .*"),
        ("scan", r"(?:error: )?kex_exchange_identification: .* from <who>"),
        ("scan", r"(?:fatal: )?Timeout before authentication for (?:connection from )?<who>.*"),
        ("flood", r"drop connection #\d+ from \[<who>\]:\d+ .*"),
    )
)
# `Failed none` asks which ways there are, and precedes each login.
_NO_ATTEMPT: Final = "Failed none for "


def read(entry: LogEntry, _: PrivateNames) -> Iterator[Record | Finding]:
    text = entry.text.strip()
    if len(text) > _LONGEST or (text.startswith(_NO_ATTEMPT) and "invalid user" not in text):
        return
    for kind, pattern in _KINDS:
        if found := pattern.fullmatch(text):
            time = entry.time or EPOCH
            try:
                yield attack(found["source"], _PORT, "tcp", kind, time, "sshd")
            except ValueRefused:
                continue  # what stood there was no address
            return


SOURCE = LogSource("sshd", frozenset({"sshd", "sshd-session", "sshd-auth"}), read)
