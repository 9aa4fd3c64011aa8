"""What any log must do. A test class for an implementation derives from it and gives the fixture ``log``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from vedette.store.log import Appended, Arrival, Log, SequenceReused

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)


def arrival(
    sequence: int,
    *,
    number: int = 1,
    payload: bytes = b"payload",
    answer: bytes = b"answer",
    received: datetime = NOON,
) -> Arrival:
    return Arrival(
        number=number,
        install=f"{number:032x}",
        sequence=sequence,
        received=received,
        digest=hashlib.sha256(payload).digest(),
        payload=payload,
        answer=answer,
    )


def stored(log: Log) -> list[tuple[int, int]]:
    """(number, sequence) of every entry, in the log's order."""
    return [(entry.number, entry.sequence) for entry in log.read(0, 1 << 30)]


def offsets(outcomes: Sequence[Appended | SequenceReused]) -> list[int]:
    return [outcome.offset for outcome in outcomes if isinstance(outcome, Appended)]


class LogContract:
    """The tests; see the module."""

    def test_an_empty_log_ends_at_nought(self, log: Log) -> None:
        assert log.end() == 0
        assert log.read(0, 1000) == []
        assert log.append([]) == []
        assert log.trim(NOON, 100) == 0

    def test_a_group_is_stored_in_its_order(self, log: Log) -> None:
        outcomes = log.append([arrival(1), arrival(1, number=2), arrival(2, payload=b"\x00other")])
        assert offsets(outcomes) == [1, 2, 3]
        assert outcomes[0] == Appended(1, False, b"answer")
        assert log.end() == 3
        last = log.read(2, 1000)[0]
        assert (last.offset, last.number, last.install) == (3, 1, f"{1:032x}")
        assert (last.sequence, last.received, last.payload) == (2, NOON, b"\x00other")
        assert last.digest == hashlib.sha256(b"\x00other").digest()

    def test_the_same_again_answers_what_the_first_was_answered(self, log: Log) -> None:
        log.append([arrival(1, answer=b"first")])
        again = log.append([arrival(1, answer=b"second")])
        assert again == [Appended(1, True, b"first")]
        assert stored(log) == [(1, 1)]

    def test_the_same_twice_in_one_group_is_stored_once(self, log: Log) -> None:
        outcomes = log.append([arrival(7, answer=b"first"), arrival(7, answer=b"second")])
        assert outcomes == [Appended(1, False, b"first"), Appended(1, True, b"first")]
        assert stored(log) == [(1, 7)]

    def test_other_content_under_a_used_number_is_refused_alone(self, log: Log) -> None:
        log.append([arrival(1)])
        outcomes = log.append([arrival(1, payload=b"forged"), arrival(2)])
        assert outcomes == [SequenceReused(1), Appended(2, False, b"answer")]
        assert [entry.payload for entry in log.read(0, 1000)] == [b"payload", b"payload"]

    def test_installs_do_not_share_numbers(self, log: Log) -> None:
        outcomes = log.append([arrival(1), arrival(1, number=2, payload=b"other")])
        assert offsets(outcomes) == [1, 2]

    def test_numbers_may_have_gaps_and_come_out_of_order(self, log: Log) -> None:
        log.append([arrival(5), arrival(9)])
        assert log.append([arrival(4)]) == [Appended(3, False, b"answer")]
        assert stored(log) == [(1, 5), (1, 9), (1, 4)]

    def test_large_numbers_and_empty_payloads_are_kept(self, log: Log) -> None:
        log.append([arrival(2**62, payload=b"", answer=b"")])
        assert log.append([arrival(2**62, payload=b"")]) == [Appended(1, True, b"")]
        assert log.read(0, 0)[0].payload == b""

    def test_reading_is_bounded_but_always_goes_on(self, log: Log) -> None:
        log.append([arrival(n, payload=bytes(100)) for n in range(1, 11)])
        assert [e.offset for e in log.read(0, 300)] == [1, 2, 3]
        assert [e.offset for e in log.read(3, 399)] == [4, 5, 6]
        assert [e.offset for e in log.read(6, 1)] == [7]
        assert [e.offset for e in log.read(9, 10_000)] == [10]
        assert log.read(10, 10_000) == []

    def test_trimming_spares_what_is_young_or_not_consumed(self, log: Log) -> None:
        old = NOON - timedelta(days=8)
        log.append([arrival(1, received=old), arrival(2, received=old), arrival(3)])
        assert log.trim(NOON, 1) == 1
        assert stored(log) == [(1, 2), (1, 3)]
        assert log.trim(NOON, 3) == 1
        assert stored(log) == [(1, 3)]
        assert log.trim(NOON, 3) == 0

    def test_offsets_go_on_after_everything_was_trimmed(self, log: Log) -> None:
        log.append([arrival(1), arrival(2)])
        assert log.trim(NOON + timedelta(seconds=1), 2) == 2
        assert log.end() == 2
        assert log.read(0, 1000) == []
        assert offsets(log.append([arrival(3)])) == [3]

    def test_what_was_trimmed_is_never_stored_again(self, log: Log) -> None:
        log.append([arrival(n) for n in (1, 2, 5)])
        log.trim(NOON + timedelta(seconds=1), 3)
        again = log.append([arrival(n) for n in (2, 5, 6)])
        assert again == [
            Appended(0, True, b""),
            Appended(0, True, b""),
            Appended(4, False, b"answer"),
        ]
        assert log.append([arrival(1, number=2)]) == [Appended(5, False, b"answer")]

    def test_what_is_still_held_below_a_trimmed_number_is_recognised(self, log: Log) -> None:
        late = NOON + timedelta(hours=1)
        log.append([arrival(5), arrival(4, received=late, answer=b"held")])
        log.trim(NOON + timedelta(seconds=1), 2)
        assert log.append([arrival(4)]) == [Appended(2, True, b"held")]
        assert log.append([arrival(4, payload=b"forged")]) == [SequenceReused(4)]

    def test_many_are_trimmed(self, log: Log) -> None:
        log.append([arrival(n, number=n % 7) for n in range(1, 1001)])
        assert log.trim(NOON + timedelta(seconds=1), 990) == 990
        assert (
            log.append([arrival(n, number=n % 7) for n in range(1, 991)])
            == [Appended(0, True, b"")] * 990
        )
        assert len(log.read(0, 1 << 20)) == 10

    @pytest.mark.parametrize("size", [1, 16, 200])
    def test_groups_of_any_size(self, log: Log, size: int) -> None:
        outcomes = log.append([arrival(n) for n in range(size)])
        assert offsets(outcomes) == list(range(1, size + 1))
