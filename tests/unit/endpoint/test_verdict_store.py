"""Of each file the newest verdict counts, until it expires."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta

import pytest

from tests.unit.endpoint.computer import Computer
from vedette.endpoint.protection import REFUSED

DIGEST = hashlib.sha256(b"threat").digest()
DAY = timedelta(days=1)


def test_a_verdict_holds_until_it_expires(computer: Computer) -> None:
    verdict = computer.warn(b"threat")
    assert computer.verdicts.find(DIGEST) == verdict
    computer.clock.advance(DAY.total_seconds() - 1)
    assert computer.verdicts.find(DIGEST) == verdict
    assert computer.verdicts.purge() == 0
    computer.clock.advance(1)
    assert computer.verdicts.find(DIGEST) is None
    assert computer.verdicts.purge() == 1
    assert computer.verdicts.size() == 0


def test_the_newest_serial_wins_in_whatever_order_they_come(computer: Computer) -> None:
    old = computer.net.verdict(b"threat")
    revoked = computer.net.verdict(b"threat", verdict="none", reason="a mistake")
    assert computer.verdicts.put(revoked, b"new", 2)
    assert not computer.verdicts.put(old, b"old", 2)
    assert computer.verdicts.find(DIGEST) is None
    assert computer.verdicts.document(DIGEST) == b"new"


def test_what_nothing_is_known_of_has_no_verdict(computer: Computer) -> None:
    assert computer.verdicts.find(DIGEST) is None
    assert computer.verdicts.document(DIGEST) is None
    assert (computer.verdicts.position, computer.verdicts.heard) == (0, None)


def test_verdicts_of_another_network_do_not_count(computer: Computer) -> None:
    computer.verdicts.adopt("a")
    computer.warn(b"threat")
    computer.verdicts.adopt("a")
    assert computer.verdicts.find(DIGEST)
    computer.verdicts.adopt("b")
    assert computer.verdicts.find(DIGEST) is None
    assert computer.verdicts.position == 0


def test_looking_up_takes_microseconds(computer: Computer) -> None:
    for number in range(2000):
        computer.warn(str(number).encode())
    digests = [hashlib.sha256(str(number).encode()).digest() for number in range(2000)]
    begin = time.perf_counter()
    assert all(computer.verdicts.find(digest) for digest in digests)
    assert (
        time.perf_counter() - begin
    ) / 2000 < 500e-6  # some 20 µs, on a machine with nothing else to do


class TestRefusals:
    def test_the_same_again_only_counts(self, computer: Computer) -> None:
        verdict, refusals = computer.net.verdict(b"threat"), computer.verdicts.refusals
        refusals.record("/tmp/a", "denied", verdict, "")
        begin = computer.clock.now()
        computer.clock.advance(5)
        refusals.record("/tmp/a", "denied", verdict, "")
        refusals.record("/tmp/b", "immune", verdict, "of the system")
        found = {refusal.path: refusal for refusal in refusals.last(DIGEST.hex())}
        assert found["/tmp/a"].times == 2
        assert (found["/tmp/a"].first, found["/tmp/a"].last) == (begin, computer.clock.now())
        assert found["/tmp/b"].reason == "of the system"
        assert refusals.last("0" * 64) == []

    @pytest.mark.parametrize(("outcome", "count"), [("denied", 3), ("started", 3), ("immune", 0)])
    def test_different_files_are_counted(
        self, computer: Computer, outcome: str, count: int
    ) -> None:
        refusals = computer.verdicts.refusals
        for number in range(4):
            refusals.record("/tmp/x", outcome, computer.net.verdict(str(number).encode()), "")
            refusals.record("/tmp/y", outcome, computer.net.verdict(str(number).encode()), "")
        subject = computer.net.verdict(b"0").subject
        assert refusals.different(REFUSED, DAY, besides=subject) == count
        computer.clock.advance(DAY.total_seconds())
        assert refusals.different(REFUSED, DAY, besides=subject) == 0
