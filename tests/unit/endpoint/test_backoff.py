"""Full jitter: somewhere from zero to a ceiling that doubles, and never beyond the most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.endpoint.backoff import Backoff

_chances = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 5000), _chances, st.floats(0.001, 10), st.floats(10, 1e6))
def test_a_wait_lies_between_zero_and_its_ceiling(
    failures: int, chance: float, first: float, most: float
) -> None:
    backoff = Backoff(first, most, lambda: chance)
    waits = [backoff.failed() for _ in range(failures)]
    assert all(0 <= wait <= most for wait in waits)
    assert backoff.ceiling == min(most, first * 2.0 ** min(failures - 1, 64))
    assert waits == sorted(waits)


@given(st.integers(0, 100), _chances, st.floats(0, 1e9))
def test_what_the_other_side_asks_for_is_respected_up_to_the_most(
    failures: int, chance: float, asked: float
) -> None:
    backoff = Backoff(1.0, 3600.0, lambda: chance)
    for _ in range(failures):
        backoff.failed()
    wait = backoff.failed(at_least=asked)
    assert min(asked, 3600.0) <= wait <= 7200.0


def test_success_forgets_the_failures() -> None:
    backoff = Backoff(1.0, 3600.0, lambda: 0.999)
    assert backoff.ceiling == 0.0
    for _ in range(20):
        backoff.failed()
    assert backoff.ceiling == 3600.0
    backoff.succeeded()
    assert 0 <= backoff.failed() <= 1.0
