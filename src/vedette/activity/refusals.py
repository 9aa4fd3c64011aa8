"""What protection refused on this computer because of a verdict of the network, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from vedette.activity import ActivityItem
from vedette.facts.kinds import Count, Moment, Name, Path, Sha256, Word
from vedette.facts.record import Platform, Record
from vedette.facts.web import Url
from vedette.statement.clauses import Purpose, clause


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefusal(Record):
    file: Annotated[Sha256, "digest of the file that was refused"]
    name: Annotated[Name, "its file name"]
    folder: Annotated[Path, "the folder it lies in"]
    verdict: Annotated[Word, "the verdict it was refused for"]
    serial: Annotated[Count, "the verdict's serial number at the network"]
    outcome: Annotated[
        Word,
        "denied: it did not start; started: it had started already; immune, braked: left alone, and why",
    ]
    time: Annotated[Moment, "when"]
    origin: Annotated[Url | None, "the web address it came from, where the file says so"] = None


ITEM = ActivityItem(
    name="refusals",
    clause=clause("protection.refusals"),
    record=FileRefusal,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT, Purpose.IMPROVE}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    retention=timedelta(days=365),
    prompt=True,
)
