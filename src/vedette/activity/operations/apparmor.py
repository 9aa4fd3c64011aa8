"""Denials of AppArmor, and what a profile in complain mode lets through (apparmor(7); lib/audit.c of its module)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.activity import Finding, LogSource
from vedette.activity.operations.record import operation
from vedette.clock import EPOCH
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.facts.words import worded
from vedette.formats.audit import fields
from vedette.host.events import LogEntry

_MARK: Final = 'apparmor="'
_ACTIONS: Final = {"DENIED": "denied", "ALLOWED": "audited", "AUDIT": "audited"}


def read(entry: LogEntry, private: PrivateNames) -> Iterator[Record | Finding]:
    begin = entry.text.find(_MARK)
    if begin < 0:
        return
    found = fields(entry.text[begin:])
    action = _ACTIONS.get(found.get("apparmor", ""))
    if action is None:
        return  # a profile was loaded, or the like
    profile = found.get("profile", "")
    what = worded(found.get("operation", "")) or "unknown"
    yield operation(
        f"apparmor_{what}"[:64],
        profile or "unconfined",
        action,
        entry.time or EPOCH,
        private,
        # A profile is called after the program that it confines, unless somebody has named it.
        application=profile if profile.startswith("/") else found.get("comm"),
        target=found.get("name") or found.get("peer"),
        product="AppArmor",
    )


SOURCE = LogSource("apparmor", frozenset({"kernel", "audit"}), read)
