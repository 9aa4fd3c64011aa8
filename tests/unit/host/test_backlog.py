"""The backlog never grows, and never forgets how much it has dropped."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vedette.host import Launch, Missed
from vedette.host.backlog import Backlog

MOMENT = datetime(2026, 11, 24, tzinfo=UTC)

events = st.lists(
    st.one_of(
        st.builds(Launch, st.integers(1, 9), st.just("/bin/true"), st.just(MOMENT)),
        st.builds(Missed, st.integers(1, 5), st.sampled_from(["gone", "overrun"])),
    ),
    max_size=60,
)


def _weight(taken: list[Launch | Missed]) -> int:
    return sum(event.count if isinstance(event, Missed) else 1 for event in taken)


@given(events, st.integers(1, 20))
def test_keeps_the_sum_within_the_bound(given: list[Launch | Missed], limit: int) -> None:
    backlog = Backlog(limit)
    for event in given:
        backlog.put(event)
    backlog.end()
    taken = list(backlog)
    assert _weight(taken) == _weight(given)
    assert len(taken) <= limit + 1


@given(events)
def test_launches_keep_their_order(given: list[Launch | Missed]) -> None:
    backlog = Backlog(100)
    for event in given:
        backlog.put(event)
    backlog.end()
    launches = [event for event in given if isinstance(event, Launch)]
    assert [event for event in backlog if isinstance(event, Launch)] == launches


def test_leaving_the_iterator_ends_it() -> None:
    backlog = Backlog()
    backlog.put(Missed(1, "gone"))
    for _ in backlog:
        break
    assert backlog.ended
