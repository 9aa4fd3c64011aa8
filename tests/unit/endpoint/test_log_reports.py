"""Entries of logs become rows in the spool, once each, as far as consent covers them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.unit.endpoint.computer import Computer
from tests.unit.endpoint.log_bench import reports, threats
from vedette.activity.detections import Detection
from vedette.endpoint.log_marks import LogMarks
from vedette.endpoint.log_reports import Followed, LogReports
from vedette.endpoint.settings import LogSettings
from vedette.errors import NotPermitted, StoreUnusable
from vedette.facts.record import Record
from vedette.host.events import Gap, LogEntry, Mark
from vedette.testing.clock import ManualClock
from vedette.testing.logs import FakeLog


def said(text: str, program: str = "scanner") -> LogEntry:
    return LogEntry(program, text)


class Steps(ManualClock):
    """Whenever the reports wait, the next step is done; after the last they are stopped."""

    def __init__(self, stop: threading.Event, steps: tuple[Callable[[], object], ...]) -> None:
        super().__init__()
        self._stop = stop
        self._steps = list(steps)

    def sleep(self, seconds: float, wake: threading.Event | None = None) -> bool:
        super().sleep(seconds)
        if self._steps:
            self._steps.pop(0)()
        else:
            self._stop.set()
        return self._stop.is_set()


class Bench:
    def __init__(self, computer: Computer) -> None:
        self.computer = computer
        self.log = FakeLog()
        self.takers: dict[str, Callable[[Record], None]] = {}
        self.settings: LogSettings | None = None

    def run(self, *steps: Callable[[], object], logs: list[Followed] | None = None) -> None:
        """The agent runs; each step happens while it waits."""
        stop = threading.Event()
        clock = Steps(stop, steps)
        self.reports(clock).run(logs or [Followed(self.log)], stop)

    def reports(self, clock: ManualClock) -> LogReports:
        return reports(self.computer, self.takers, clock, self.settings)

    def write(self, *texts: str) -> Callable[[], None]:
        return lambda: self.log.write(*map(said, texts))

    @property
    def counters(self) -> dict[str, int]:
        return self.computer.spool.counters()


@pytest.fixture
def bench(computer: Computer) -> Bench:
    computer.join()
    computer.grant()
    return Bench(computer)


def test_what_is_logged_from_now_on_is_reported(bench: Bench) -> None:
    bench.log.write(said("found before"))
    bench.run(bench.write("found one", "nothing"), bench.write("finding two"))
    assert threats(bench.computer) == ["one", "two"]


def test_a_restart_goes_on_where_it_stood(bench: Bench) -> None:
    bench.run()
    bench.write("found meanwhile")()
    bench.run(bench.write("found one"))
    bench.run()
    assert threats(bench.computer) == ["meanwhile", "one"]


def test_entries_of_other_programs_do_not_count(bench: Bench) -> None:
    bench.run(lambda: bench.log.write(said("found one", "other"), said("found two")))
    assert threats(bench.computer) == ["two"]


@pytest.mark.parametrize(
    "followed",
    [
        lambda log: Followed(log, only=frozenset({"other"})),
        lambda log: Followed(log, without=frozenset({"scanner"})),
    ],
)
def test_a_log_that_nothing_can_be_learned_from_is_not_opened(
    bench: Bench, followed: Callable[[FakeLog], Followed]
) -> None:
    bench.run(bench.write("found one"), logs=[followed(bench.log)])
    assert threats(bench.computer) == []
    assert LogMarks(bench.computer.spool.database).of(bench.log.name) is None


def test_what_is_logged_without_consent_is_never_read(bench: Bench) -> None:
    bench.run(
        bench.write("found before"),
        bench.computer.withdraw,
        bench.write("found without consent"),
        bench.computer.grant,
        bench.write("found after"),
    )
    assert threats(bench.computer) == ["after"]


def test_nor_where_the_agent_was_stopped_meanwhile(bench: Bench) -> None:
    bench.run(bench.write("found before"))
    bench.computer.withdraw()
    bench.write("found without consent")()
    bench.computer.grant()
    bench.run(bench.write("found after"))
    assert threats(bench.computer) == ["after"]


def test_nor_where_consent_was_gone_and_back_between_two_looks(bench: Bench) -> None:
    def at_once() -> None:
        bench.computer.withdraw()
        bench.write("found without consent")()
        bench.computer.grant()

    bench.run(at_once, bench.write("found after"))
    assert threats(bench.computer) == ["after"]


def test_what_cannot_be_understood_costs_only_itself(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.run(bench.write("odd", "found one", "bug", "found two"))
    assert threats(bench.computer) == ["one", "two"]
    assert bench.counters == {"log_scans_failed": 1, "log_scans_refused": 1}
    assert [record.message for record in caplog.records] == ["a source of events failed"]


def test_gaps_are_counted_by_their_reason(bench: Bench) -> None:
    bench.run(lambda: bench.log.write(Gap(2, "A line is too long"), Gap(3, "cut!"), Gap(1, "cut!")))
    assert bench.counters == {"log_a_line_is_too_long": 2, "log_cut_": 4}


def test_a_flood_is_bounded_and_counted(bench: Bench) -> None:
    bench.settings = LogSettings(most_per_second=0, burst=5)
    bench.run(bench.write(*(f"found {number}" for number in range(8))))
    assert threats(bench.computer) == [str(number) for number in range(5)]
    assert bench.counters == {"log_scans_over_rate": 3}


def test_an_item_with_a_taker_goes_there_unbounded(bench: Bench) -> None:
    taken: list[Record] = []
    bench.takers = {"detections": taken.append}
    bench.settings = LogSettings(most_per_second=0, burst=0)
    bench.run(bench.write(*["found one"] * 1000))
    assert len(taken) == 1000
    assert threats(bench.computer) == []
    assert bench.counters == {}


def test_a_mark_moves_only_together_with_its_rows(bench: Bench) -> None:
    full = True

    def take(record: Record) -> None:
        if full:
            raise StoreUnusable("the disk is full", "make room")
        taken.append(record)

    taken: list[Record] = []
    bench.takers = {"detections": take}
    with pytest.raises(StoreUnusable):
        bench.run(bench.write("nothing", "found one"))
    full = False
    bench.run()
    bench.run()
    assert len(taken) == 1


def test_a_log_that_is_closed_is_left_out_and_the_others_go_on(bench: Bench) -> None:
    class Closed(FakeLog):
        def entries(
            self, after: Mark | None, stop: threading.Event
        ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
            raise NotPermitted("it is closed", "open it")

    logs = [Followed(Closed("closed")), Followed(bench.log)]
    bench.run(bench.write("found one"), logs=logs)
    assert threats(bench.computer) == ["one"]
    assert bench.counters == {"log_not_permitted": 1}


def test_a_log_that_ends_is_opened_again_where_it_ended(bench: Bench) -> None:
    class Ending(FakeLog):
        def entries(
            self, after: Mark | None, stop: threading.Event
        ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
            for told in super().entries(after, stop):
                if told is None:
                    return
                yield told

    bench.log = Ending()
    bench.run(bench.write("found one"), bench.write("found two", "found three"))
    assert threats(bench.computer) == ["one", "two", "three"]


def test_many_entries_of_one_log_do_not_keep_others_waiting(bench: Bench) -> None:
    other, order = FakeLog("other"), list[str]()

    def take(record: Record) -> None:
        assert isinstance(record, Detection)
        order.append(record.threat.value)

    bench.takers = {"detections": take}

    def both() -> None:
        bench.write(*["found many"] * 2000)()
        other.write(said("found other"))

    bench.run(both, logs=[Followed(bench.log), Followed(other)])
    assert order.index("other") <= 256
    assert len(order) == 2001
