"""Inventory is read when it is due, and reported when it is news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any

import pytest

from tests.unit.endpoint.computer import Computer
from tests.unit.endpoint.test_spool import consent
from vedette.endpoint.intake import Intake
from vedette.endpoint.schedule import RETRY, Schedule
from vedette.errors import Unreadable
from vedette.facts.kinds import Count
from vedette.facts.record import Platform, Record
from vedette.facts.schema import Schema
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread
from vedette.statement.clauses import Tier
from vedette.statement.consent import Consent
from vedette.statement.terms import Terms

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Record):
    number: Annotated[Count, "which"]


class Reader:
    """Yields what a test wants, and counts how often it was asked."""

    def __init__(self) -> None:
        self.found: list[int | Unread | Exception] = [1, 2]
        self.asked = 0

    def __call__(self, host: Host) -> Iterator[Record | Unread]:
        self.asked += 1
        for each in self.found:
            if isinstance(each, Exception):
                raise each
            yield Thing(number=Count(each)) if isinstance(each, int) else each


class Bench:
    def __init__(self, computer: Computer, **changes: Any) -> None:
        from vedette.inventory.services import ITEM

        self.reader = Reader()
        item = replace(ITEM, name="things", record=Thing, read=self.reader, period=DAY, **changes)
        assert isinstance(item, InventoryItem)
        schemas = {"things": Schema(item)}
        self.consent: Consent = consent(Tier.BASIC, terms=Terms(item.terms()))
        self.spool = computer.spool
        intake = Intake(lambda: self.consent, schemas, computer.spool, computer.reported)
        self.schedule = Schedule(
            [item], schemas, lambda: computer.host, intake, computer.spool, computer.clock
        )
        self.clock = computer.clock


@pytest.fixture
def bench(computer: Computer) -> Bench:
    return Bench(computer)


def test_an_item_is_read_once_in_its_period(bench: Bench) -> None:
    assert bench.schedule.round() == 2
    assert bench.schedule.round() == 0
    assert bench.reader.asked == 1
    bench.clock.advance(DAY.total_seconds())
    bench.schedule.round()
    assert bench.reader.asked == 2


def test_what_is_no_news_is_not_reported_again(bench: Bench) -> None:
    bench.schedule.round()
    bench.reader.found = [2, 1]
    bench.clock.advance(DAY.total_seconds())
    assert bench.schedule.round() == 0
    bench.reader.found = [2, 3]
    bench.clock.advance(DAY.total_seconds())
    assert bench.schedule.round() == 2
    assert bench.spool.waiting() == 4


def test_after_a_withdrawal_everything_is_news(bench: Bench) -> None:
    bench.schedule.round()
    bench.spool.clear()
    assert bench.schedule.round() == 2


def test_without_consent_nothing_is_read(bench: Bench) -> None:
    bench.consent = Consent.none()
    assert bench.schedule.round() == 0
    assert bench.reader.asked == 0


def test_an_item_of_another_platform_is_not_read(computer: Computer) -> None:
    bench = Bench(computer, platforms=frozenset({Platform.WINDOWS}))
    assert bench.schedule.due() == []


def test_an_item_that_expired_is_not_read(computer: Computer) -> None:
    today = computer.clock.now().date()
    last_day = Bench(computer, reviewed=date(2026, 1, 1), expires=today)
    assert last_day.schedule.due()
    computer.clock.advance(DAY.total_seconds())
    assert last_day.schedule.due() == []


@pytest.mark.parametrize("error", [Unreadable("not permitted"), KeyError("bug")])
def test_a_reader_that_fails_costs_only_itself(bench: Bench, error: Exception) -> None:
    bench.reader.found = [1, error]
    assert bench.schedule.round() == 0
    assert bench.spool.counters() == {"items_failed": 1}
    assert bench.schedule.due() == []
    bench.reader.found = [1]
    bench.clock.advance(RETRY.total_seconds())
    assert bench.schedule.round() == 1


def test_what_could_not_be_read_is_counted(bench: Bench) -> None:
    bench.reader.found = [1, Unread("things", "not permitted")]
    assert bench.schedule.round() == 1
    assert bench.spool.counters() == {"items_unread": 1}


def test_a_plan_made_by_a_wrong_clock_does_not_hold(bench: Bench) -> None:
    bench.clock.advance(timedelta(days=3650).total_seconds())
    bench.schedule.round()
    bench.clock.advance(-timedelta(days=3650).total_seconds())
    assert bench.schedule.due()
