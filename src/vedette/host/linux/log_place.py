"""Where the reading of a file stands, in a way that finds the place again: also in a copy, or under another name.

A rotated file is told by its inode and by how it begins; a number alone may belong to another file by now.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from vedette.host.events import Mark

_HEAD: Final = 1024
_PACKED: Final = (".gz", ".xz", ".bz2", ".zst", ".lz4")


@dataclass(frozen=True, slots=True)
class Place:
    """``offset`` bytes into the file of this ``device`` and ``inode``; ``head`` are the first bytes before it."""

    device: int
    inode: int
    offset: int
    length: int
    digest: str

    @classmethod
    def nowhere(cls) -> Place:
        """In a file that is not there yet."""
        return cls(0, 0, 0, 0, "")

    @classmethod
    def at(cls, descriptor: int, offset: int) -> Place:
        found = os.fstat(descriptor)
        length = min(offset, _HEAD)
        return cls(found.st_dev, found.st_ino, offset, length, head_of(descriptor, length))

    @classmethod
    def of(cls, mark: Mark) -> Place | None:
        """The place that ``mark`` stands for; ``None`` where it was written by somebody else."""
        parts = mark.value.split(":")
        if len(parts) != 5 or not all(part.isdecimal() and len(part) < 21 for part in parts[:4]):
            return None
        device, inode, offset, length = map(int, parts[:4])
        return cls(device, inode, offset, min(length, _HEAD), parts[4])

    def mark(self) -> Mark:
        return Mark(f"{self.device}:{self.inode}:{self.offset}:{self.length}:{self.digest}")

    @property
    def known(self) -> bool:
        """Whether it is in a file."""
        return self.inode != 0

    def on(self, descriptor: int, length: int) -> Place:
        """``length`` bytes further in the same file, which is open as ``descriptor``."""
        offset = self.offset + length
        if self.length == _HEAD:
            return replace(self, offset=offset)
        return replace(
            self,
            offset=offset,
            length=min(offset, _HEAD),
            digest=head_of(descriptor, min(offset, _HEAD)),
        )

    def begins(self, descriptor: int) -> bool:
        """Whether the file that is open as ``descriptor`` begins as the one that this place is in."""
        return head_of(descriptor, self.length) == self.digest

    def fits(self, descriptor: int) -> bool:
        """Whether this place is in the file that is open as ``descriptor``, or in one that this is a copy of."""
        found = os.fstat(descriptor)
        if found.st_size < self.offset or not self.begins(descriptor):
            return False
        # Every file begins with nothing: then only the same one will do.
        return bool(self.length) or (found.st_dev, found.st_ino) == (self.device, self.inode)


@dataclass(frozen=True, slots=True)
class Way:
    """A file to be read from ``offset`` on; ``lost`` where the place itself was not found, and why. ``file`` is the
    device and inode that it had, if it was there.
    """

    path: str
    offset: int
    file: tuple[int, int] | None
    lost: Literal["cut", "gone"] | None = None


def chain(path: str, place: Place) -> list[Way]:
    """The files to read so that nothing after ``place`` is missing, oldest first, the one at ``path`` last.

    What is renamed meanwhile may stand there twice, or under the name that it had.
    """
    # First of all: a file that is rotated from now on is found below, instead of the one that comes after it.
    current = _file(path)
    if not place.known:
        return [Way(path, 0, current)]
    if _fits(path, place):
        return [Way(path, place.offset, current)]
    older = sorted(_rotated(path), reverse=True)
    for number, (_, candidate, file) in enumerate(older):
        if _fits(candidate, place):
            newer = [Way(other, 0, same) for _, other, same in reversed(older[:number])]
            return [Way(candidate, place.offset, file), *newer, Way(path, 0, current)]
    same = current == (place.device, place.inode)
    return [Way(path, 0, current, "cut" if same else "gone")]


def head_of(descriptor: int, length: int) -> str:
    """A digest of the first ``length`` bytes."""
    return hashlib.blake2b(os.pread(descriptor, length, 0), digest_size=16).hexdigest()


def _rotated(path: str) -> Iterator[tuple[int, str, tuple[int, int]]]:
    """The files beside that at ``path`` whose names begin with its name: when they were last written to, and which
    they are.
    """
    folder, name = os.path.split(path)
    stem, suffix = os.path.splitext(name)
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for other in names:
        ours = other.startswith((name + ".", name + "-")) or (
            other.startswith((stem + ".", stem + "-")) and other.endswith(suffix)
        )
        if ours and other != name and not other.endswith(_PACKED):
            whole = os.path.join(folder, other)
            try:
                found = os.stat(whole)
            except OSError:
                continue
            yield found.st_mtime_ns, whole, (found.st_dev, found.st_ino)


def _fits(path: str, place: Place) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return place.fits(descriptor)
    except OSError:  # a folder
        return False
    finally:
        os.close(descriptor)


def _file(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
