"""Packets that the firewall has turned away, where a rule of nftables or iptables logs them (nf_log_syslog.c of Linux).

Rules also log what they let through. An attack is what came in from outside and whose line says, in the words that its
rule's author put before it, that it was turned away.
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
from vedette.host.events import LogEntry

_LONGEST: Final = 4096
_FIELDS = re.compile(r"\b(IN|OUT|SRC|PROTO|DPT)=(\S*)")
_BEGIN = re.compile(r"\bIN=")
_TURNED_AWAY = re.compile(r"drop|den[iy]|block|reject|refus|attack|invalid|scan|ban", re.IGNORECASE)
_PROTOCOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")


def read(entry: LogEntry, _: PrivateNames) -> Iterator[Record | Finding]:
    """Raises ``ValueRefused`` where a line of that form has an address that is none."""
    begin = _BEGIN.search(entry.text)
    if begin is None or len(entry.text) > _LONGEST:
        return
    fields = dict(reversed(_FIELDS.findall(entry.text, begin.start())))
    came_in = fields.get("IN") and not fields.get("OUT")
    if not came_in or "SRC" not in fields or not _TURNED_AWAY.search(entry.text, 0, begin.start()):
        return
    protocol = fields.get("PROTO", "")
    port = fields.get("DPT", "")
    yield attack(
        fields["SRC"],
        int(port) if port.isdecimal() and len(port) <= 5 else None,
        protocol if _PROTOCOL.fullmatch(protocol) else "ip",
        "packet_refused",
        entry.time or EPOCH,
        "firewall",
    )


SOURCE = LogSource("packets", frozenset({"kernel"}), read)
