"""Vedette itself: its version, the extras installed, and its own health, which serves to improve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from typing import Annotated

from vedette import __version__
from vedette.errors import Unreadable
from vedette.facts.kinds import Counts, Version, Words
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread
from vedette.statement.clauses import Purpose, clause

# The module by which each extra can be told.
_EXTRAS = {"network": "granian", "feedback": "PySide6", "scale": "nats"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Record):
    version: Annotated[Version, "the version of Vedette that runs"]
    extras: Annotated[Words, "which of its optional parts are installed"]
    health: Annotated[Counts, "its own counters: errors, drops, retries, resource use"]


def read(host: Host) -> Iterator[Record | Unread]:
    health: Mapping[str, int] = {}
    try:
        health = host.health()
    except Unreadable as error:
        yield Unread("vedette", error.reason)
    yield Product(
        version=Version(__version__),
        extras=Words(sorted(extra for extra, module in _EXTRAS.items() if find_spec(module))),
        health=Counts(health),
    )


ITEM = InventoryItem(
    name="vedette",
    clause=clause("computer.product"),
    record=Product,
    purposes=frozenset({Purpose.IMPROVE}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    period=timedelta(days=14),  # it is never the same, so each reading is a report
    retention=timedelta(days=365),
    read=read,
)
