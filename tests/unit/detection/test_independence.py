from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from vedette.detection.independence import Path, largest_flow


def largest_by_trying(paths: list[Path]) -> int:
    """The same by looking at every subset."""
    for size in range(len(paths), 0, -1):
        for some in combinations(paths, size):
            used = Counter(group for path in some for group, _ in path)
            if all(used[group] <= limit for path in some for group, limit in path):
                return size
    return 0


# Each vote has a group of its own, in one of three on its left and one of three on its right.
votes = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=7)
limits = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(votes, limits)
def test_it_is_the_largest_there_is(votes: list[tuple[int, int]], limits: tuple[int, int]) -> None:
    paths = [
        [(("left", left), limits[0]), (("vote", number), 1), (("right", right), limits[1])]
        for number, (left, right) in enumerate(votes)
    ]
    assert largest_flow(paths, most=100) == largest_by_trying(list(paths))
    assert largest_flow(paths, most=2) == min(2, largest_by_trying(list(paths)))


def test_a_greedy_choice_is_taken_back() -> None:
    a, b, c = ("left", "a"), ("left", "b"), ("left", "c")
    x, y = ("right", "x"), ("right", "y")
    pairs = [(a, x), (a, y), (b, x), (c, y)]
    paths = [[(left, 1), ((left, right), 1), (right, 1)] for left, right in pairs]
    assert largest_flow(paths, most=10) == 2


def test_nothing_flows_where_nothing_is() -> None:
    assert largest_flow([], most=3) == 0


def test_a_long_chain_of_exchanges_is_no_recursion() -> None:
    length = 3000
    paths = []
    for number in range(length):
        for right in (number, number + 1):
            paths.append([(("left", number), 1), ((number, right), 1), (("right", right), 1)])
    assert largest_flow(paths, most=5) == 5
