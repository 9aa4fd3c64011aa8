"""Inventory is read when it is due, and reported when it is news."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any

import pytest

from tests.unit.endpoint.computer import PRODUCT, Computer
from tests.unit.endpoint.test_spool import consent
from vedette.endpoint.intake import Intake
from vedette.endpoint.schedule import RETRY, Schedule
from vedette.endpoint.settings import SpoolSettings
from vedette.endpoint.spool import Sealed
from vedette.endpoint.told import Told
from vedette.errors import StoreUnusable, Unreadable
from vedette.facts.codec import decode
from vedette.facts.envelope import Change
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
        declared: dict[str, Any] = {
            "name": "things",
            "record": Thing,
            "read": self.reader,
            "period": DAY,
        }
        item = replace(ITEM, **(declared | changes))
        assert isinstance(item, InventoryItem)
        schemas = {"things": Schema(item)}
        self.schemas = schemas
        self.consent: Consent = consent(Tier.BASIC, terms=Terms(item.terms()))
        self.spool = computer.spool
        intake = Intake(lambda: self.consent, schemas, computer.spool, computer.reported)
        self.schedule = Schedule(
            [item], schemas, lambda: computer.host, intake, computer.spool, computer.clock
        )
        self.clock = computer.clock
        self.known: set[int] = set()

    def read(self, *found: int | Unread | Exception, after: timedelta = DAY) -> int:
        """The next reading finds this; how many rows are news."""
        self.clock.advance(after.total_seconds())
        self.reader.found = list(found)
        return self.schedule.round()

    def sealed(self) -> Sealed | None:
        self.spool.seal(self.consent, self.schemas, PRODUCT)
        return self.spool.pending()

    def sent(self) -> list[tuple[str, list[int]]]:
        """What is sent now, by change; ``known`` is what the network makes of it."""
        told = []
        while (sealed := self.sealed()) is not None:
            numbers = {
                batch.change: self.schemas["things"].decode(batch)["number"]
                for batch in decode(sealed.body).batches
            }
            if Change.WHOLE in numbers:
                self.known = set()
            self.known |= set(numbers.get(Change.WHOLE, ()))
            self.known -= set(numbers.get(Change.REMOVED, ()))
            self.known |= set(numbers.get(Change.ADDED, ()))
            told += [(change.value, sorted(rows)) for change, rows in numbers.items()]
            self.spool.acknowledge(sealed.sequence)
        return told


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
    assert bench.sent() == [("whole", [1, 2])]
    assert bench.read(2, 1, 1) == 0
    assert bench.sent() == []


def test_only_what_has_gone_and_come_is_told(bench: Bench) -> None:
    bench.schedule.round()
    assert bench.sent() == [("whole", [1, 2])]
    assert bench.read(2, 3, 4) == 3
    assert bench.sent() == [("removed", [1]), ("added", [3, 4])]
    assert bench.read() == 3
    assert bench.sent() == [("removed", [2, 3, 4])]
    assert bench.known == set()


def test_readings_that_wait_together_keep_their_order(bench: Bench) -> None:
    bench.schedule.round()
    bench.sent()
    for found in ((1,), (1, 2), (2,), (2, 1), (1, 3)):
        bench.read(*found)
    assert len(bench.sent()) >= 5
    assert bench.known == {1, 3}


def test_after_a_withdrawal_everything_is_news(bench: Bench) -> None:
    bench.schedule.round()
    bench.spool.clear()
    assert bench.schedule.round() == 2
    assert bench.sent() == [("whole", [1, 2])]


def test_that_there_is_nothing_is_told_as_well(bench: Bench) -> None:
    bench.schedule.round()
    bench.sent()
    bench.spool.clear()
    bench.reader.found = []
    assert bench.schedule.round() == 0
    assert bench.sent() == [("whole", [])]
    assert bench.known == set()
    assert bench.read() == 0
    assert bench.sent() == []


def test_what_is_refused_for_ever_is_told_whole_the_next_time(bench: Bench) -> None:
    bench.schedule.round()
    bench.sent()
    bench.read(2, 3)
    sealed = bench.sealed()
    assert sealed is not None
    bench.spool.refuse(sealed.sequence, "malformed")
    assert bench.read(2, 3) == 2
    assert bench.sent() == [("whole", [2, 3])]


@pytest.mark.parametrize("seal", [True, False])
def test_what_grew_too_old_while_it_waited_is_told_whole(bench: Bench, seal: bool) -> None:
    bench.schedule.round()
    if seal:
        bench.sealed()
    bench.clock.advance(timedelta(days=8).total_seconds())
    bench.spool.add("things", Tier.BASIC, [])  # the bounds are kept at every addition
    bench.read(2, 3, 4)
    assert bench.sent() == [("whole", [2, 3, 4])]


def test_what_a_full_spool_dropped_is_told_whole(bench: Bench) -> None:
    bench.schedule.round()
    bench.spool._settings = SpoolSettings(max_bytes=100)
    bench.read(1, 2, 3, 4)
    assert bench.spool.counters()["spool_dropped_size"] >= 2
    bench.spool._settings = SpoolSettings()
    bench.read(1, 2, 3, 4, 5)
    assert bench.sent() == [("whole", [1, 2, 3, 4, 5])]
    assert bench.known == {1, 2, 3, 4, 5}


def test_a_whole_overtakes_what_waits_of_its_item(bench: Bench) -> None:
    bench.schedule.round()
    bench.read(2, 3)
    Told(bench.spool.database).lose("things")
    bench.read(4, 5)
    assert bench.sent() == [("whole", [4, 5])]


def test_a_whole_may_be_larger_than_an_envelope(bench: Bench) -> None:
    bench.spool._settings = SpoolSettings(rows_per_envelope=3)
    bench.reader.found = list(range(8))
    bench.schedule.round()
    assert bench.sent() == [("whole", [0, 1, 2]), ("added", [3, 4, 5]), ("added", [6, 7])]
    assert bench.known == set(range(8))


def test_other_fields_than_before_are_told_whole(bench: Bench) -> None:
    bench.schedule.round()
    bench.sent()
    Told(bench.spool.database).begin("things", bench.clock.now(), {"less"}, (), {})
    assert bench.read(1, 2) == 2
    assert bench.sent() == [("whole", [1, 2])]


def test_it_is_told_whole_before_the_network_forgets_the_oldest(computer: Computer) -> None:
    bench = Bench(computer, retention=timedelta(days=30))
    wholes = []
    for day in range(60):
        bench.read(1, 2)
        wholes += [day for change, _ in bench.sent() if change == "whole"]
    assert wholes == [0, 22, 44]  # a day to the next reading, seven that it may wait in the spool


@pytest.mark.parametrize("retention", [1, 8])
def test_what_is_hardly_kept_is_told_whole_each_time(computer: Computer, retention: int) -> None:
    bench = Bench(computer, retention=timedelta(days=retention))
    assert [bench.read(1), bench.read(1)] == [1, 1]


def test_what_cannot_be_read_today_is_not_gone(bench: Bench) -> None:
    bench.schedule.round()
    bench.sent()
    locked = Unread("things", "locked")
    assert bench.read(1, 3, locked) == 1
    assert bench.sent() == [("added", [3])]
    assert bench.read(1, 2, 3) == 0
    assert bench.read(1, locked) == 0
    assert bench.read(1, locked) == 2
    assert bench.sent() == [("removed", [2, 3])]


def test_rows_that_could_not_be_written_down_are_read_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreUnusable("the disk is full", "make room")

    with monkeypatch.context() as patched:
        patched.setattr(bench.spool, "begin", full)
        assert bench.schedule.round() == 0
        assert bench.schedule.round() == 0
    assert bench.reader.asked == 1
    assert bench.spool.counters() == {"items_unwritten": 1}
    bench.clock.advance(300)
    assert bench.schedule.round() == 2


def test_one_item_that_fails_leaves_the_others_alone(computer: Computer) -> None:
    from vedette.inventory.services import ITEM

    failing, sound = Reader(), Reader()
    failing.found = [RecursionError("deep")]
    items = [
        replace(ITEM, name=name, record=Thing, read=reader, period=DAY)
        for name, reader in (("broken", failing), ("things", sound))
    ]
    schemas = {item.name: Schema(item) for item in items}
    agreed = consent(Tier.BASIC, terms=Terms(row for item in items for row in item.terms()))
    intake = Intake(lambda: agreed, schemas, computer.spool, computer.reported)
    clock = computer.clock
    schedule = Schedule(items, schemas, lambda: computer.host, intake, computer.spool, clock)
    assert schedule.round() == 2
    assert [item.name for item in schedule.due()] == []
    clock.advance(RETRY.total_seconds())
    assert [item.name for item in schedule.due()] == ["broken"]


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
