"""What is reported by hand needs the same consent, and gets the same answer."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tests.unit.endpoint.computer import Computer
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.observing import Observing
from vedette.endpoint.protection import Outcome
from vedette.errors import ConsentMissing, Unreadable, ValueRefused
from vedette.facts.privacy import PrivateNames
from vedette.filefacts.facts import FileFacts, SignatureFacts

PRIVATE = PrivateNames(users=frozenset({"canary"}), homes=frozenset({"/home/canary"}))


@pytest.fixture
def observing(computer: Computer) -> Observing:
    computer.join()
    computer.host.private = PRIVATE
    return Observing(
        computer.intake,
        computer.protection,
        computer.hashes,
        computer.inspections,
        PRIVATE,
        computer.clock,
        computer.origins,
    )


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "canary-tool"
    path.write_bytes(b"threat")
    return str(path)


@pytest.mark.parametrize(
    ("granted", "protected", "outcome", "reported"),
    [
        (True, True, Outcome.DENIED, True),
        (True, False, Outcome.ALLOWED, True),
        (False, True, Outcome.DENIED, False),
    ],
)
def test_a_launch_is_answered_and_reported_as_far_as_wanted(
    computer: Computer,
    observing: Observing,
    file: str,
    granted: bool,
    protected: bool,
    outcome: Outcome,
    reported: bool,
) -> None:
    if granted:
        computer.grant()
    if protected:
        computer.switch.turn_on()
    computer.warn(b"threat")
    seen = observing.launch(file)
    assert (seen.answer.outcome, seen.reported) == (outcome, reported)
    assert computer.spool.holds(["launches"]) == reported
    assert computer.looked_at == ([6] if outcome is Outcome.ALLOWED else [])


def test_with_neither_consent_nor_protection_nothing_is_done(
    computer: Computer, observing: Observing, file: str
) -> None:
    with pytest.raises(ConsentMissing, match="launches"):
        observing.launch(file)
    with pytest.raises(ConsentMissing, match="detections"):
        observing.detection([file], "EICAR")
    assert computer.spool.waiting() == 0


def test_a_detection_names_what_was_found_without_names_of_people(
    computer: Computer, observing: Observing, file: str
) -> None:
    computer.grant()
    time = datetime(2026, 11, 24, 10, tzinfo=UTC)
    found = observing.detection(
        [file, "/home/canary/gone"], "EICAR", action="blocked", product="clamd", time=time
    )
    assert found.time.value == int(time.timestamp())
    here, gone = found.files.value
    assert (here["name"], here["size"]) == ("<user>-tool", 6)
    assert here["hash"] is not None
    assert (gone["place"], gone["size"], gone["hash"]) == ("<home>", None, None)
    (body,) = computer.spool.database.row("SELECT body FROM rows")
    assert b"canary" not in body


def test_an_action_is_a_word(computer: Computer, observing: Observing, file: str) -> None:
    computer.grant()
    with pytest.raises(ValueRefused):
        observing.detection([file], "EICAR", action="what canary did")
    assert computer.spool.waiting() == 0


def test_a_launch_of_nothing_is_an_error(
    computer: Computer, observing: Observing, tmp_path: Path
) -> None:
    computer.grant()
    with pytest.raises(Unreadable):
        observing.launch(str(tmp_path / "missing"))


def test_a_detection_says_where_the_first_file_came_from_that_says_so(
    computer: Computer, observing: Observing, file: str, tmp_path: Path
) -> None:
    computer.grant()
    unmarked = tmp_path / "unmarked"
    unmarked.write_bytes(b"x")
    computer.marks[file] = "https://me:secret@example.org/canary/x?token=1"
    found = observing.detection([str(unmarked), str(tmp_path / "gone"), file], "EICAR")
    assert found.origin is not None
    assert found.origin.value == "https://example.org/<user>/x"
    computer.marks[file] = "no address"
    assert observing.detection([file], "EICAR").origin is None


def _signed(computer: Computer, present: bool) -> Inspections:
    def look(descriptor: int) -> FileFacts:
        facts = computer._look(descriptor)
        return msgspec.structs.replace(facts, signature=SignatureFacts(present=present))

    return Inspections(look, computer.spool.count)


@pytest.mark.parametrize("signed", [True, False])
def test_a_download_is_reported_if_it_is_signed(
    computer: Computer, file: str, signed: bool, observing: Observing
) -> None:
    observing._inspections = _signed(computer, signed)
    url = "https://me:secret@example.org/canary/x?token=1"
    with pytest.raises(ConsentMissing, match="downloads"):
        observing.download(file, url)
    computer.grant()
    seen = observing.download(file, url, product="Scanner of canary")
    assert computer.spool.holds(["downloads"]) == signed
    assert (seen is not None) == signed
    if seen:
        assert seen.url.value == "https://example.org/<user>/x"
        assert seen.sha256.value == hashlib.sha256(b"threat").digest()
        assert seen.product is not None
        assert seen.product.value == "Scanner of <user>"


def test_a_download_that_cannot_be_told_of_is_refused(
    computer: Computer, observing: Observing, file: str, tmp_path: Path
) -> None:
    computer.grant()
    with pytest.raises(ValueRefused):
        observing.download(file, "no address")
    with pytest.raises(Unreadable):
        observing.download(str(tmp_path / "gone"), "https://example.org/")
    Path(file).write_bytes(b"crash")
    with pytest.raises(Unreadable, match="looked at"):
        observing.download(file, "https://example.org/")
    assert not computer.spool.holds(["downloads"])
