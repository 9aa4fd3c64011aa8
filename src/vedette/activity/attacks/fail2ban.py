"""Bans of fail2ban: what any of its filters has found often enough (its log; ``Found`` lines repeat what the service's
own log says, and are passed over).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.activity import Finding, LogSource
from vedette.activity.attacks.record import attack
from vedette.clock import EPOCH
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.facts.words import worded
from vedette.host.events import LogEntry

_BAN = re.compile(r"NOTICE\s+\[(?P<jail>[^\]\s]{1,64})\] Ban (?P<source>[0-9A-Fa-f.:]+)\s*$")
# The usual port of what a jail of fail2ban's own stands for (jail.conf).
_PORTS: Final = {
    "sshd": 22,
    "dropbear": 22,
    "vsftpd": 21,
    "proftpd": 21,
    "postfix": 25,
    "dovecot": 143,
}


def read(entry: LogEntry, _: PrivateNames) -> Iterator[Record | Finding]:
    """Raises ``ValueRefused`` where what was banned is no address."""
    if found := _BAN.search(entry.text):
        jail = worded(found["jail"])
        yield attack(
            found["source"],
            _PORTS.get(jail),
            "tcp",
            f"banned_{jail}"[:64].rstrip("_"),
            entry.time or EPOCH,
            "fail2ban",
        )


SOURCE = LogSource("fail2ban", frozenset({"fail2ban"}), read)
