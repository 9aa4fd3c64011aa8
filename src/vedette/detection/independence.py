"""How many votes are independent of each other, where each counts against several limits at once. Pure.

Taking votes greedily would depend on their order, and one more vote could lower the count. The size of a largest set
that keeps within all limits does neither. It is a maximum flow: a vote is a path from source to sink through the groups
it belongs to, and a group lets as many through as its limit says. It is found by augmenting paths (L. R. Ford and D. R.
Fulkerson, "Maximal flow through a network", Canadian Journal of Mathematics 8, 1956).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Final

Path = Sequence[tuple[Hashable, int]]
"""The groups that one vote passes, in order, each with its limit. Up to the vote's own group (limit 1), a group has the
same one before it in every path.
"""

_Graph = dict[Hashable, dict[Hashable, int]]
_SOURCE: Final = "source"
_SINK: Final = "sink"


def largest_flow(paths: Iterable[Path], *, most: int) -> int:
    """How many of ``paths`` fit through all their groups together, counted up to ``most``."""
    room: _Graph = {_SOURCE: {}, _SINK: {}}
    for path in paths:
        place: Hashable = _SOURCE
        for group, limit in path:
            _join(room, place, (group, "in"), most)
            _join(room, (group, "in"), (group, "out"), limit)
            place = (group, "out")
        _join(room, place, _SINK, most)
    flow = 0
    while flow < most and (route := _route(room)):
        for start, end in pairwise(route):
            room[start][end] -= 1
            room[end][start] += 1
        flow += 1
    return flow


def _join(room: _Graph, start: Hashable, end: Hashable, limit: int) -> None:
    room.setdefault(start, {})[end] = limit
    room.setdefault(end, {}).setdefault(start, 0)


def _route(room: _Graph) -> list[Hashable]:
    """The places on a way from source to sink with room on every step; empty where there is none."""
    reached: dict[Hashable, Hashable] = {_SOURCE: _SOURCE}
    waiting: list[Hashable] = [_SOURCE]
    while waiting:
        place = waiting.pop()
        for end, left in room[place].items():
            if left and end not in reached:
                reached[end] = place
                waiting.append(end)
        if _SINK in reached:
            return _walked(reached)
    return []


def _walked(reached: dict[Hashable, Hashable]) -> list[Hashable]:
    route: list[Hashable] = [_SINK]
    while route[-1] != _SOURCE:
        route.append(reached[route[-1]])
    return route[::-1]
