"""Alerts of Suricata: lines of its EVE log with ``event_type`` alert (Suricata User Guide, "EVE JSON Format").

Of an alert the addresses, the port, the protocol and the rule's class are used; not the payload, the names in it, nor
the rule's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from vedette.activity import Finding, LogSource
from vedette.activity.attacks.record import attack
from vedette.clock import EPOCH
from vedette.errors import ValueRefused
from vedette.facts.addresses import Scope, parsed, scope
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.facts.words import worded
from vedette.host.events import LogEntry

_ALERT: Final = '"alert"'
_LONGEST: Final = 1 << 20
_UNCLASSED: Final = "alert"
_ZONE = re.compile(r"([+-]\d{2})(\d{2})$")


class _Alert(msgspec.Struct):
    category: str = ""


class _Event(msgspec.Struct):
    event_type: str
    src_ip: str = ""
    dest_ip: str = ""
    src_port: int | None = None
    dest_port: int | None = None
    proto: str = "ip"
    timestamp: str = ""
    alert: _Alert | None = None


_DECODER: Final = msgspec.json.Decoder(_Event)


def read(entry: LogEntry, _: PrivateNames) -> Iterator[Record | Finding]:
    """Raises ``ValueRefused`` for an alert that is not of that form."""
    if _ALERT not in entry.text or len(entry.text) > _LONGEST:
        return
    try:
        event = _DECODER.decode(entry.text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ValueRefused("an alert has another form", "look at Suricata's log") from error
    if event.event_type != "alert" or event.alert is None:
        return
    source, port = event.src_ip, event.dest_port
    # An alert about an answer names the attacked side first.
    if not _is_public(source) and _is_public(event.dest_ip):
        source, port = event.dest_ip, event.src_port
    kind = worded(event.alert.category)[:64] or _UNCLASSED
    protocol = worded(event.proto)[:64] or "ip"
    time = _time(event.timestamp) or entry.time or EPOCH
    yield attack(source, port or None, protocol, kind, time, "Suricata")


def _is_public(address: str) -> bool:
    try:
        return scope(parsed(address)) is Scope.PUBLIC
    except ValueRefused:
        return False


def _time(stamp: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(_ZONE.sub(r"\1:\2", stamp))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


SOURCE = LogSource("suricata", frozenset({"suricata"}), read)
