"""Which data files of a table are worth joining: a pure decision.

Files are joined with files of their own size class only, so that each row is written again a few times at most however
small the appends are, and at most a few files of each class are left for a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

# Upper bounds of the size classes in bytes; what is larger than all of them stays as it is.
CLASSES = (1 << 20, 8 << 20, 64 << 20)

# As many files of one class and day are joined; for a day that is over two are enough, since few more will come.
ENOUGH = 8
ENOUGH_OVER = 2

# No joined file gets larger than about this, in bytes.
LARGEST = 128 << 20


@dataclass(frozen=True, slots=True)
class DataFile:
    """One data file: ``path`` relative to the table, ``size`` in bytes."""

    path: str
    day: date
    size: int
    rows: int


def groups(files: Iterable[DataFile]) -> list[list[DataFile]]:
    """The groups of files to be joined, each of one day."""
    classes: dict[tuple[date, int], list[DataFile]] = defaultdict(list)
    newest = date.min
    for file in files:
        newest = max(newest, file.day)
        small = next((bound for bound in CLASSES if file.size < bound), None)
        if small is not None:
            classes[file.day, small].append(file)
    chosen: list[list[DataFile]] = []
    for (day, _), members in sorted(classes.items()):
        enough = ENOUGH if day == newest else ENOUGH_OVER
        chosen += [group for group in _cut(members) if len(group) >= enough]
    return chosen


def _cut(files: list[DataFile]) -> list[list[DataFile]]:
    cut: list[list[DataFile]] = [[]]
    size = 0
    for file in sorted(files, key=lambda file: (file.size, file.path)):
        if cut[-1] and size + file.size > LARGEST:
            cut.append([])
            size = 0
        cut[-1].append(file)
        size += file.size
    return cut
