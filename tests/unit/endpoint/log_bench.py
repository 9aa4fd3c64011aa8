"""A computer that learns of detections from what a program ``scanner`` logs: ``<word> <threat>``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from vedette.activity import ActivityItem, Finding, LogSource
from vedette.activity.detections import Detection
from vedette.clock import Clock
from vedette.endpoint.log_marks import LogMarks
from vedette.endpoint.log_reports import LogReports
from vedette.endpoint.settings import LogSettings
from vedette.errors import ValueRefused
from vedette.facts.codec import decode
from vedette.facts.kinds import Files, Moment, Name
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.host.events import LogEntry
from vedette.testing.clock import ManualClock

AT = ManualClock().now()


def read(entry: LogEntry, private: PrivateNames) -> Iterator[Record | Finding]:
    word, _, threat = entry.text.partition(" ")
    if word == "odd":
        raise ValueRefused("no", "no")
    if word == "bug":
        raise IndexError
    if word == "found":
        yield detection(threat, private)
    if word == "finding":
        yield Finding(threat, ("/tmp/x",))


def detection(threat: str, private: PrivateNames) -> Detection:
    return Detection(threat=Name(threat, private), time=Moment(AT), files=Files([]))


def item() -> ActivityItem:
    found = CATALOGUE.items["detections"]
    assert isinstance(found, ActivityItem)
    return replace(found, logs=(LogSource("scans", frozenset({"scanner"}), read),))


def reports(
    computer: Computer,
    takers: dict[str, Callable[[Record], None]] | None = None,
    clock: Clock | None = None,
    settings: LogSettings | None = None,
) -> LogReports:
    return LogReports(
        [item()],
        computer.intake,
        LogMarks(computer.spool.database),
        lambda: computer.host.private,
        lambda finding: detection(finding.threat, computer.host.private),
        takers or {},
        clock or computer.clock,
        settings or LogSettings(most_per_second=1e9, burst=10**9),
    )


def threats(computer: Computer) -> list[str]:
    """What waits in the spool is sealed, and settled."""
    found: list[str] = []
    while computer.spool.seal(computer.membership.consent(), CATALOGUE.schemas, PRODUCT):
        sealed = computer.spool.pending()
        assert sealed is not None
        for batch in decode(sealed.body).batches:
            found += CATALOGUE.schemas[batch.item].decode(batch)["threat"]
        computer.spool.acknowledge(sealed.sequence)
    return found
