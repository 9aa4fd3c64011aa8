"""What the computer's own antivirus found: the threat's name, the files, what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from vedette.activity import ActivityItem
from vedette.activity.detections import clamd
from vedette.facts.kinds import Files, Moment, Name, Word
from vedette.facts.record import Platform, Record
from vedette.facts.web import Url
from vedette.statement.clauses import Purpose, clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection(Record):
    threat: Annotated[Name, "the threat's name, as the product that found it says it"]
    time: Annotated[Moment, "when it was found"]
    files: Annotated[Files, "the files in which it was found"]
    action: Annotated[
        Word | None, "what was done: none, blocked, quarantined, deleted or cleaned"
    ] = None
    application: Annotated[Name | None, "the application at fault, where the product names one"] = (
        None
    )
    product: Annotated[Name | None, "the product that found it"] = None
    origin: Annotated[
        Url | None, "the web address that the first of the files came from, where one says so"
    ] = None


ITEM = ActivityItem(
    name="detections",
    clause=clause("protection.detections"),
    record=Detection,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    retention=timedelta(days=365),
    prompt=True,
    logs=(clamd.SOURCE,),
)
