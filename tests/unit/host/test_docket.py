"""The docket on a clock of its own: one answer each, in time, and every descriptor closed once."""

from __future__ import annotations

import os
import threading

import pytest

from vedette.host import ExecutionCounts, OpenedFile
from vedette.host.docket import Docket
from vedette.testing.clock import ManualClock


class System:
    """Hands out descriptors and notes the answers."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.answers: list[tuple[int, bool]] = []
        self.failing = False
        self.docket = Docket(self._answer, self.clock, deadline=2.0)

    def _answer(self, descriptor: int, allow: bool) -> None:
        if self.failing:
            raise OSError
        self.answers.append((descriptor, allow))

    def opens(self) -> int:
        descriptor = os.open("/dev/null", os.O_RDONLY)
        self.docket.admit(OpenedFile(descriptor, "/program", 1))
        return descriptor


def _closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False


@pytest.fixture
def system() -> System:
    return System()


def test_says_how_long_until_the_next_is_due(system: System) -> None:
    assert system.docket.allow_overdue() == 2.0
    descriptor = system.opens()
    system.clock.advance(1.5)
    assert system.docket.allow_overdue() == 0.5
    assert system.answers == []
    system.clock.advance(0.5)
    system.docket.allow_overdue()
    assert system.answers == [(descriptor, True)]
    assert _closed(descriptor)
    assert system.docket.counts == ExecutionCounts(overdue=1)


def test_a_late_decision_changes_nothing_and_keeps_its_descriptor_until_then(
    system: System,
) -> None:
    entered, release = threading.Event(), threading.Event()

    def late(opened: OpenedFile) -> bool:
        entered.set()
        release.wait(10)
        return os.fstat(opened.descriptor) is None  # still open here; false: deny

    descriptor = system.opens()
    thread = threading.Thread(target=system.docket.decide_all, args=(late,))
    thread.start()
    assert entered.wait(5)
    system.clock.advance(3)
    system.docket.allow_overdue()
    assert system.answers == [(descriptor, True)]
    assert not _closed(descriptor)
    system.docket.close()
    release.set()
    thread.join(5)
    assert system.answers == [(descriptor, True)]
    assert _closed(descriptor)
    assert system.docket.counts == ExecutionCounts(overdue=1)


def test_too_many_pending_let_the_oldest_through(system: System) -> None:
    descriptors = [system.opens() for _ in range(300)]
    # Closed numbers are given out again, so only the count of answers tells.
    assert len(system.answers) == 300 - 256
    system.docket.close()
    assert len(system.answers) == 300
    assert all(_closed(descriptor) for descriptor in descriptors)
    assert all(allow for _, allow in system.answers)


def test_an_answer_that_cannot_be_given_is_counted(system: System) -> None:
    system.failing = True
    system.opens()
    system.docket.close()
    assert system.docket.counts.errors == 1


def test_passing_by_asks_nobody(system: System) -> None:
    for error in (False, True):
        descriptor = os.open("/dev/null", os.O_RDONLY)
        system.docket.pass_by(descriptor, error=error)
        assert system.answers[-1] == (descriptor, True)
    assert system.docket.counts == ExecutionCounts(allowed=1, errors=1)
