from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import VerdictError
from vedette.verdicts.stream import Heard, Stream
from vedette.verdicts.verdict import Heartbeat, Verdict


def said(serial: int) -> Verdict:
    return Verdict("file", "ab" * 32, "block", 0.5, (), "all", 0, 1, serial)


def live(position: int = 0) -> Stream:
    """A stream past its backlog."""
    stream = Stream(position, now=0.0)
    assert stream.heartbeat(Heartbeat(position, 1), 0.0) is Heard.NEW
    return stream


def test_the_backlog_may_leave_numbers_out() -> None:
    stream = Stream(3, now=0.0)
    assert [stream.verdict(said(n)) for n in (5, 9)] == [Heard.NEW, Heard.NEW]
    assert stream.heartbeat(Heartbeat(9, 1), 1.0) is Heard.NEW
    assert stream.position == 9


def test_after_the_backlog_every_number_comes() -> None:
    stream = live()
    assert stream.verdict(said(1)) is Heard.NEW
    assert stream.verdict(said(3)) is Heard.GAP
    assert stream.verdict(said(4)) is Heard.GAP
    assert stream.position == 1, "the reader asks again from before the gap"
    stream.connected()
    assert [stream.verdict(said(n)) for n in (3, 4)] == [Heard.NEW, Heard.NEW]


def test_a_heartbeat_tells_of_a_verdict_that_did_not_come() -> None:
    stream = live()
    assert stream.heartbeat(Heartbeat(1, 2), 1.0) is Heard.GAP
    assert stream.position == 0
    stream.connected()
    assert stream.verdict(said(1)) is Heard.NEW
    assert stream.heartbeat(Heartbeat(1, 3), 2.0) is Heard.NEW


def test_a_backlog_cut_short_is_a_gap() -> None:
    stream = Stream(0, now=0.0)
    stream.verdict(said(1))
    assert stream.heartbeat(Heartbeat(2, 1), 0.0) is Heard.GAP


def test_what_was_heard_already_changes_nothing() -> None:
    stream = live(5)
    assert stream.verdict(said(5)) is Heard.KNOWN
    assert stream.verdict(said(2)) is Heard.KNOWN
    assert stream.position == 5


def test_silence_grows_stale() -> None:
    stream = Stream(0, now=100.0)
    assert not stream.stale(145.0)
    assert stream.stale(145.1)
    stream.heartbeat(Heartbeat(0, 1), 150.0)
    assert stream.silent_for(160.0) == 10.0
    assert not stream.stale(195.0)
    stream.verdict(said(1))
    assert stream.stale(195.1), "a verdict could be an old one; only a heartbeat is a sign of life"


def test_a_heartbeat_played_again_is_no_sign_of_life() -> None:
    stream = Stream(0, now=0.0)
    stream.heartbeat(Heartbeat(0, 7), 1.0)
    assert stream.heartbeat(Heartbeat(0, 7), 40.0) is Heard.KNOWN
    assert stream.stale(46.1)


def test_heartbeats_over_a_gap_are_no_sign_of_life() -> None:
    stream = live()
    for second in range(1, 60):
        assert stream.heartbeat(Heartbeat(1, 1 + second), float(second)) is Heard.GAP
    assert stream.stale(60.0)


ROLLBACKS = {
    "an earlier time": Heartbeat(9, 49),
    "fewer verdicts than the last heartbeat": Heartbeat(8, 60),
    "an earlier time and fewer verdicts": Heartbeat(8, 49),
}


@pytest.mark.parametrize("replayed", ROLLBACKS.values(), ids=ROLLBACKS.keys())
def test_an_older_state_played_again_is_refused(replayed: Heartbeat) -> None:
    stream = live(8)
    stream.verdict(said(9))
    stream.heartbeat(Heartbeat(9, 50), 1.0)
    stream.connected()
    with pytest.raises(VerdictError, match="went back"):
        stream.heartbeat(replayed, 40.0)
    assert stream.position == 9
    assert stream.stale(46.1), "what was refused is no sign of life"


def test_an_older_state_is_refused_after_a_restart_too() -> None:
    with pytest.raises(VerdictError, match="fewer verdicts"):
        Stream(9, now=0.0).heartbeat(Heartbeat(8, 1), 0.0)


@given(
    length=st.integers(1, 12),
    lost=st.sets(st.integers(1, 12)),
    beats=st.sets(st.integers(1, 12)),
)
def test_no_loss_goes_unnoticed(length: int, lost: set[int], beats: set[int]) -> None:
    """Whatever is lost after the backlog: by the closing heartbeat either all is there, or a gap was told."""
    stream = live()
    heard = []
    for serial in range(1, length + 1):
        if serial not in lost:
            heard.append(stream.verdict(said(serial)))
        if serial in beats:
            heard.append(stream.heartbeat(Heartbeat(serial, 1 + serial), 0.0))
    heard.append(stream.heartbeat(Heartbeat(length, 100), 0.0))
    missing = {serial for serial in lost if serial <= length}
    assert (Heard.GAP in heard) == bool(missing)
    assert stream.position == (min(missing) - 1 if missing else length)
