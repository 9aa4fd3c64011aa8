"""Launches are hashed, asked about, and reported once in a while."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from vedette.endpoint.launches import Allowance, Launches
from vedette.endpoint.settings import LaunchSettings
from vedette.errors import NotPermitted
from vedette.facts.codec import decode
from vedette.host import Launch, Missed
from vedette.testing.clock import ManualClock


class Told:
    """A source that tells what a test lists, and ends."""

    name = "told"
    polling = False

    def __init__(self, *events: Launch | Missed) -> None:
        self._events = events

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        return iter(self._events)


class Bench:
    def __init__(self, computer: Computer, folder: Path) -> None:
        self.computer = computer
        self.folder = folder
        self.settings = LaunchSettings()

    def program(self, name: str, content: bytes = b"program") -> Launch:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o755)
        return Launch(1, str(path), self.computer.clock.now())

    def watch(self, *events: Launch | Missed) -> None:
        Launches(
            Told(*events),
            self.computer.launch_reports,
            self.computer.intake,
            self.computer.protection,
            self.computer.hashes,
            self.computer.clock,
            self.settings,
        ).run(threading.Event())
        self.computer.launch_reports.catch_up()


@pytest.fixture
def bench(computer: Computer, tmp_path: Path) -> Bench:
    computer.join()
    computer.grant()
    return Bench(computer, tmp_path)


def test_a_launch_is_reported_with_what_the_file_is(bench: Bench) -> None:
    bench.watch(bench.program("tool"))
    spool = bench.computer.spool
    spool.seal(bench.computer.membership.consent(), CATALOGUE.schemas, PRODUCT)
    sealed = spool.pending()
    assert sealed is not None
    (batch,) = decode(sealed.body).batches
    values = CATALOGUE.schemas["launches"].decode(batch)
    assert (values["name"], values["size"]) == (["tool"], [7])
    assert "executable" in values["attributes"][0]


def test_the_same_file_is_reported_once_in_a_while(bench: Bench) -> None:
    launch = bench.program("tool")
    bench.watch(launch, launch, bench.program("copy"))
    assert bench.computer.spool.waiting() == 1
    bench.computer.clock.advance(timedelta(hours=24).total_seconds())
    bench.watch(launch)
    assert bench.computer.spool.waiting() == 2


def test_the_agent_itself_is_no_launch(bench: Bench) -> None:
    launch = bench.program("tool")
    bench.watch(Launch(os.getpid(), launch.path, launch.time))
    assert bench.computer.spool.waiting() == 0


def test_what_could_not_be_seen_is_counted(bench: Bench) -> None:
    gone = bench.program("gone")
    Path(gone.path).unlink()
    folder = Launch(1, str(bench.folder), gone.time)
    bench.watch(gone, folder, Missed(3, "overrun"), bench.program("tool"))
    assert bench.computer.spool.counters() == {
        "launches_gone": 1,
        "launches_missed": 3,
        "launches_seen": 3,
        "launches_unread": 1,
    }
    assert bench.computer.spool.waiting() == 1


def test_a_flood_is_bounded_and_counted(bench: Bench) -> None:
    bench.settings = LaunchSettings(most_per_second=1, burst=5)
    bench.watch(*[bench.program(f"p{n}", bytes([n])) for n in range(8)])
    assert bench.computer.spool.waiting() == 5
    assert bench.computer.spool.counters() == {"launches_over_rate": 3, "launches_seen": 8}


def test_without_consent_and_protection_no_file_is_opened(bench: Bench) -> None:
    bench.computer.withdraw()
    gone = bench.program("gone")
    Path(gone.path).unlink()
    bench.watch(gone, bench.program("tool"))
    assert bench.computer.spool.counters() == {}
    assert bench.computer.spool.waiting() == 0


def test_an_item_that_expired_is_not_reported(bench: Bench) -> None:
    launch = bench.program("tool")
    expires = CATALOGUE.items["launches"].expires
    today = bench.computer.clock.now().date()
    bench.computer.clock.advance((expires - today).total_seconds())
    assert bench.computer.intake.covers("launches")
    bench.computer.clock.advance(86_400)
    bench.watch(launch)
    assert not bench.computer.spool.holds(["launches"])


def test_with_protection_alone_it_is_asked_about_and_not_reported(bench: Bench) -> None:
    bench.computer.withdraw()
    bench.computer.switch.turn_on()
    bench.computer.warn(b"threat")
    bench.watch(bench.program("bad", b"threat"), bench.program("tool"))
    (kept,) = bench.computer.verdicts.refusals.last()
    assert kept.outcome == "started"
    assert bench.computer.spool.waiting() == 0


def test_a_source_that_is_not_permitted_says_so(bench: Bench) -> None:
    class Closed(Told):
        def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
            raise NotPermitted("closed", "run as root")

    launches = Launches(
        Closed(),
        bench.computer.launch_reports,
        bench.computer.intake,
        bench.computer.protection,
        bench.computer.hashes,
        bench.computer.clock,
        bench.settings,
    )
    with pytest.raises(NotPermitted):
        launches.run(threading.Event())


def test_an_allowance_fills_up_with_time_and_no_further(clock: ManualClock) -> None:
    allowance = Allowance(clock, per_second=2, burst=3)
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    clock.advance(0.5)
    assert [allowance.take() for _ in range(2)] == [True, False]
    clock.advance(3600)
    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
