"""The computer's own safety outranks any signature."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT, Computer
from tests.unit.endpoint.network import FakeNetwork
from vedette.endpoint.hashing import opened
from vedette.endpoint.protection import Answer, Outcome, decide
from vedette.endpoint.settings import ProtectionSettings
from vedette.errors import StoreUnusable
from vedette.facts.codec import decode
from vedette.facts.privacy import PrivateNames
from vedette.host import OpenedFile
from vedette.testing.clock import ManualClock

BRAKE = ProtectionSettings().brake_refusals
WINDOW = ProtectionSettings().brake_window


@pytest.fixture
def protected(computer: Computer) -> Computer:
    """A computer that has joined and receives protection, and reports nothing."""
    computer.join()
    computer.switch.turn_on()
    return computer


def ask(computer: Computer, content: bytes, path: str = "/opt/x", started: bool = False) -> Answer:
    sha256 = hashlib.sha256(content).digest()
    return computer.protection.ask(path, 0, sha256, started=started)


@pytest.mark.parametrize(
    ("judgement", "immune", "braked", "started", "outcome"),
    [
        (None, None, False, False, Outcome.ALLOWED),
        ("good", None, False, False, Outcome.ALLOWED),
        ("suspicious", None, False, False, Outcome.ALLOWED),
        ("block", None, False, False, Outcome.DENIED),
        ("block", None, False, True, Outcome.STARTED),
        ("block", "of the system", False, False, Outcome.IMMUNE),
        ("block", "of the system", True, True, Outcome.IMMUNE),
        ("block", None, True, False, Outcome.BRAKED),
        ("block", None, True, True, Outcome.BRAKED),
        ("suspicious", "of the system", True, True, Outcome.ALLOWED),
    ],
)
def test_the_one_decision(
    judgement: str | None, immune: str | None, braked: bool, started: bool, outcome: Outcome
) -> None:
    network = FakeNetwork(ManualClock())
    verdict = network.verdict(b"x", verdict=judgement) if judgement else None
    answer = decide(verdict, immune, braked=braked, started=started)
    assert (answer.outcome, answer.verdict) == (outcome, verdict)


def test_a_file_is_refused_from_the_verdict_on(protected: Computer) -> None:
    assert ask(protected, b"threat").outcome is Outcome.ALLOWED
    verdict = protected.warn(b"threat")
    assert ask(protected, b"threat") == Answer(Outcome.DENIED, verdict)
    assert ask(protected, b"other").outcome is Outcome.ALLOWED
    assert ask(protected, b"threat", started=True).outcome is Outcome.STARTED


def test_a_verdict_that_expired_or_was_revoked_refuses_nothing(protected: Computer) -> None:
    protected.warn(b"threat")
    protected.warn(b"threat", verdict="none", reason="a mistake")
    assert ask(protected, b"threat").outcome is Outcome.ALLOWED
    protected.warn(b"other")
    protected.clock.advance(timedelta(days=1).total_seconds())
    assert ask(protected, b"other").outcome is Outcome.ALLOWED


def test_switched_off_nothing_is_refused(protected: Computer) -> None:
    protected.warn(b"threat")
    protected.switch.turn_off()
    assert ask(protected, b"threat").outcome is Outcome.ALLOWED
    assert protected.verdicts.refusals.last() == []


def test_what_the_computer_needs_is_never_refused(protected: Computer) -> None:
    protected.warn(b"loader")
    protected.immune["/lib/ld.so"] = "it starts every program"
    answer = ask(protected, b"loader", path="/lib/ld.so")
    assert (answer.outcome, answer.reason) == (Outcome.IMMUNE, "it starts every program")
    (kept,) = protected.verdicts.refusals.last()
    assert (kept.outcome, kept.reason) == ("immune", "it starts every program")


def refuse(computer: Computer, numbers: range) -> list[Outcome]:
    outcomes = []
    for number in numbers:
        computer.warn(str(number).encode())
        outcomes.append(ask(computer, str(number).encode()).outcome)
    return outcomes


def test_the_brake_holds_when_too_many_different_files_would_be_refused(
    protected: Computer,
) -> None:
    assert refuse(protected, range(BRAKE)) == [Outcome.DENIED] * BRAKE
    assert refuse(protected, range(BRAKE, BRAKE + 3)) == [Outcome.BRAKED] * 3
    assert ask(protected, b"0").outcome is Outcome.BRAKED
    counters = protected.spool.counters()
    assert counters == {"protection_denied": BRAKE, "protection_braked": 4}
    protected.clock.advance(WINDOW.total_seconds())
    assert ask(protected, b"0").outcome is Outcome.DENIED


def test_one_file_again_and_again_pulls_no_brake(protected: Computer) -> None:
    protected.warn(b"threat")
    assert {ask(protected, b"threat").outcome for _ in range(BRAKE * 3)} == {Outcome.DENIED}


def test_files_over_a_long_time_pull_no_brake(protected: Computer) -> None:
    for number in range(BRAKE * 2):
        assert refuse(protected, range(number, number + 1)) == [Outcome.DENIED]
        protected.clock.advance(WINDOW.total_seconds() / BRAKE)


def test_what_is_immune_pulls_no_brake(protected: Computer) -> None:
    protected.immune["/opt/x"] = "of the system"
    refuse(protected, range(BRAKE * 2))
    protected.immune.clear()
    assert refuse(protected, range(1)) == [Outcome.DENIED]


def test_the_brake_holds_in_the_next_process_too(protected: Computer) -> None:
    refuse(protected, range(BRAKE + 1))
    other = Computer(protected.folder.path, protected.clock, protected.net)
    assert ask(other, b"0").outcome is Outcome.BRAKED
    other.close()


def test_a_brake_pulled_by_a_clock_that_ran_ahead_does_not_hold_for_ever(
    protected: Computer,
) -> None:
    protected.clock.advance(timedelta(days=3650).total_seconds())
    refuse(protected, range(BRAKE + 1))
    protected.clock.advance(-timedelta(days=3650).total_seconds())
    protected.warn(b"threat")
    assert ask(protected, b"threat").outcome is Outcome.DENIED


def test_without_consent_a_refusal_stays_here(protected: Computer) -> None:
    protected.warn(b"threat")
    ask(protected, b"threat")
    assert len(protected.verdicts.refusals.last()) == 1
    assert protected.spool.waiting() == 0
    assert protected.net.connections == 0


def test_with_consent_it_is_reported_once_an_hour_without_names(protected: Computer) -> None:
    protected.grant()
    protected.host.private = PrivateNames(
        homes=frozenset({"/home/canary"}), users=frozenset({"canary"})
    )
    protected.warn(b"threat")
    for _ in range(3):
        ask(protected, b"threat", path="/home/canary/bin/threat")
    assert protected.spool.waiting() == 1
    (body,) = protected.spool.database.row("SELECT body FROM rows")
    assert b"canary" not in body
    protected.clock.advance(3600)
    ask(protected, b"threat", path="/home/canary/bin/threat")
    assert protected.spool.waiting() == 2


def test_that_it_cannot_be_written_down_changes_nothing(
    protected: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreUnusable("full", "make room")

    protected.warn(b"threat")
    monkeypatch.setattr(protected.verdicts.refusals, "record", full)
    assert ask(protected, b"threat").outcome is Outcome.DENIED


@pytest.fixture
def decision(protected: Computer) -> Callable[[Path], bool]:
    decider = protected.protection.decider(protected.hashes)

    def decision(path: Path) -> bool:
        with opened(str(path)) as descriptor:
            return decider(OpenedFile(descriptor, str(path), os.getpid()))

    return decision


def test_execution_is_denied_by_content(
    protected: Computer, decision: Callable[[Path], bool], tmp_path: Path
) -> None:
    protected.warn(b"threat")
    for name, content in (("bad", b"threat"), ("good", b"something else")):
        (tmp_path / name).write_bytes(content)
    assert not decision(tmp_path / "bad")
    assert decision(tmp_path / "good")
    protected.switch.turn_off()
    assert decision(tmp_path / "bad")


def test_what_cannot_be_hashed_is_allowed(protected: Computer, tmp_path: Path) -> None:
    decider = protected.protection.decider(protected.hashes)
    reading, writing = os.pipe()
    try:
        assert decider(OpenedFile(reading, "/opt/x", 1))
    finally:
        os.close(reading)
        os.close(writing)


def test_outcomes_are_words_of_the_reported_vocabulary() -> None:
    from vedette.facts.kinds import Word

    assert all(Word(outcome).value for outcome in itertools.chain(Outcome))


def test_a_refusal_says_where_the_file_came_from(protected: Computer) -> None:
    protected.grant()
    protected.marks["/opt/x"] = "https://me:secret@example.org/x?token=1"
    protected.warn(b"threat")
    assert ask(protected, b"threat").outcome is Outcome.DENIED
    protected.spool.seal(protected.membership.consent(), CATALOGUE.schemas, PRODUCT)
    sealed = protected.spool.pending()
    assert sealed is not None
    (batch,) = decode(sealed.body).batches
    assert CATALOGUE.schemas["refusals"].decode(batch)["origin"] == ["https://example.org/x"]
