"""A file from which pieces are read, each where it lies."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST: Final = 64 << 20
"""Bytes of the largest value that is believed: the header of a package with many files has some megabytes."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """The first ``size`` bytes of what is open as ``descriptor``, whose position is left alone."""

    descriptor: int
    size: int

    def at(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` bytes from ``offset``. Raises ``ValueError`` where they are not there."""
        if size < 0 or offset < 0 or offset + size > self.size:
            raise ValueError("beyond the end of the file")
        found = os.pread(self.descriptor, size, offset)
        if len(found) != size:
            raise ValueError("the file became shorter")
        return found

    def starts(self, size: int) -> bytes:
        """The first ``size`` bytes, or all there are."""
        return self.at(0, min(size, self.size))


Number = Callable[[bytes], int]


def little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def big(data: bytes) -> int:
    return int.from_bytes(data, "big")
