"""A log that is a text file, followed: also when it is rotated, cut, filled with garbage, or gone for a while."""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import threading
from collections.abc import Iterator
from typing import Final

from vedette.clock import Clock, SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.host.events import Gap, LogEntry, Mark
from vedette.host.linux.log_place import Place, Way, chain
from vedette.host.log_lines import Form

LONGEST: Final = 256 << 10
_CHUNK: Final = 64 << 10
_QUIET: Final = (
    2.0  # seconds without a byte after which nobody writes to a file that was moved away
)
_TRIES: Final = 5
_LEFT: Final = 60.0  # seconds after which such a file is left all the same

CUT = "the log was cut before its end was read"
GONE = "the log was rotated away before its end was read"
UNENDED = "a line has no end"
LONG = "a line is too long"
FOREIGN = "a line is not of the log's form"

_Told = tuple[Mark, LogEntry | Gap]


class FollowedFile:
    """The lines of the file at ``path``, as ``form`` reads them; ``wait`` seconds pass between two looks for more.

    A line counts once its end is written. ``wait`` of 0 leaves the waiting to whoever listens.
    """

    def __init__(
        self, path: str, form: Form, wait: float = 0.5, clock: Clock | None = None
    ) -> None:
        self._path = path
        self._form = form
        self._wait = wait
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        return self._path

    def entries(self, after: Mark | None, stop: threading.Event) -> Iterator[_Told | None]:
        """See ``Log``. What was rotated away is looked for beside the file, as long as it is not compressed."""
        return _Reading(self._path, self._form, self._wait, self._clock).run(after, stop)


class _Reading:
    """One going through the file, and through those that it was rotated to."""

    def __init__(self, path: str, form: Form, wait: float, clock: Clock) -> None:
        self._path = path
        self._form = form
        self._wait = wait
        self._clock = clock
        self._descriptor = -1
        self._place = Place.nowhere()
        self._rest = b""  # of a line whose end is not written yet
        self._skipping = False  # the rest of a line that is too long
        self._size = -1  # of the file, when its beginning was last found to be as it was
        self._got = False  # something was read at the last look
        self._grown = 0.0
        self._moved: float | None = None  # since when the file lies elsewhere

    def run(self, after: Mark | None, stop: threading.Event) -> Iterator[_Told | None]:
        try:
            yield from self._begin(after)
            while not stop.is_set():
                yield from self._look()
                if not self._got:
                    yield None
                    if self._wait:
                        self._clock.sleep(self._wait, stop)
        finally:
            self._close()

    def _begin(self, after: Mark | None) -> Iterator[_Told]:
        """Goes to where the reading stands, or at the first time to the log's end."""
        place = Place.of(after) if after else None
        if place is not None:
            yield from self._travel(place, permitted=True)
            return
        if self._open(self._path, permitted=True):
            self._go_to_end()
        yield self._place.mark(), Gap(0, "begun")

    def _travel(
        self, place: Place, permitted: bool = False, ended: bool = False
    ) -> Iterator[_Told]:
        """Goes from ``place`` to the file that lies at the path now, through what was rotated away since.

        ``ended``: the file of ``place`` has been read to its end, so that nothing is lost where it is gone.
        """
        for tries in itertools.count():
            ways = chain(self._path, place)
            way = ways[1] if ended and len(ways) > 1 else ways[0]
            if way.lost and way.file is None:
                self._place = place  # it may come back
                return
            if not self._open(way.path, permitted and way is ways[-1], way.file):
                if tries < _TRIES:  # it was renamed just now
                    continue
                way = Way(self._path, 0, None, "gone")
                if not self._open(way.path):
                    self._place = place
                    return
            if self._rest and way.offset != place.offset:
                yield place.mark(), Gap(1, UNENDED)
            self._go(way.offset)
            if way.lost and not (ended and way.lost == "gone"):
                yield self._place.mark(), Gap(1, CUT if way.lost == "cut" else GONE)
            self._got = True
            if way is ways[-1] or way.path == self._path:
                return
            while self._got:
                yield from self._read()
            place, ended = self._place, True

    def _look(self) -> Iterator[_Told]:
        """What has come since the last look, a piece of it at most."""
        self._got = False
        if self._descriptor < 0:
            if not os.path.exists(self._path):
                return
            yield from self._travel(self._place)
            if self._descriptor < 0:
                return
        if self._was_cut():
            yield from self._travel(self._place)
        now = self._clock.monotonic()
        yield from self._read()
        if self._got:
            self._grown = now
        if not self._lies_elsewhere():
            self._moved = None
        elif self._moved is None:
            self._moved = self._grown = now
        elif (now - self._grown >= _QUIET or now - self._moved >= _LEFT) and os.path.exists(
            self._path
        ):
            yield from self._travel(self._place, ended=True)

    def _read(self) -> Iterator[_Told]:
        """A piece of the file; ``_got`` says whether there was one."""
        begin = self._place.offset + len(self._rest)
        data = os.pread(self._descriptor, _CHUNK, begin)
        self._got = bool(data)
        if not data:
            return
        self._size = begin + len(data)
        if not self._rest and not data.strip(b"\0"):
            self._skip_hole(begin + len(data))
            return
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = b""
        now, foreign = self._clock.now(), 0
        for line in lines:
            self._place = self._place.on(self._descriptor, len(line) + 1)
            if self._skipping:
                self._skipping = False
                continue
            text = line.replace(b"\0", b"").decode("utf-8", "replace").rstrip("\r")
            mark, entries = self._place.mark(), self._form(text, now)
            if entries and foreign:
                yield mark, Gap(foreign, FOREIGN)
                foreign = 0
            foreign += not entries and bool(text.strip())
            for entry in entries:
                yield mark, entry
        if foreign:
            yield self._place.mark(), Gap(foreign, FOREIGN)
        yield from self._keep(rest)

    def _skip_hole(self, at: int) -> None:
        """What is left in front of a program that writes on, at the old place, behind a cut: zeros, and many."""
        with contextlib.suppress(OSError):  # no more data
            at = max(at, os.lseek(self._descriptor, at, os.SEEK_DATA))
        self._place = self._place.on(self._descriptor, at - self._place.offset)
        self._size = at

    def _keep(self, rest: bytes) -> Iterator[_Told]:
        """Keeps the beginning of a line; never more of it than a line may have."""
        if not rest.strip(b"\0"):
            self._place = self._place.on(self._descriptor, len(rest))
            rest = b""
        elif len(rest) > LONGEST or self._skipping:
            self._place = self._place.on(self._descriptor, len(rest))
            if not self._skipping:
                yield self._place.mark(), Gap(1, LONG)
            self._skipping, rest = True, b""
        self._rest = rest

    def _was_cut(self) -> bool:
        """Whether the file has been made shorter, or begins with something else than it did."""
        size = os.fstat(self._descriptor).st_size
        if size == self._size:
            return False
        if size < self._place.offset or not self._place.begins(self._descriptor):
            return True
        self._size = size
        return False

    def _lies_elsewhere(self) -> bool:
        try:
            found = os.stat(self._path)
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != (self._place.device, self._place.inode)

    def _open(
        self, path: str, permitted: bool = False, file: tuple[int, int] | None = None
    ) -> bool:
        """Opens the file at ``path`` in place of the one before; false where that cannot be, or it is not ``file``.

        With ``permitted`` raises ``NotPermitted``, or ``Unsupported`` where no such file can be followed.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except PermissionError as error:
            if permitted:
                raise NotPermitted(
                    "a log is closed to this user", "run the agent as root, or leave the log out"
                ) from error
            return False
        except OSError:
            return False
        found = os.fstat(descriptor)
        if file not in {None, (found.st_dev, found.st_ino)}:
            os.close(descriptor)
            return False
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            if permitted:
                raise Unsupported("a log is no plain file", "name one that is")
            return False
        self._close()
        self._descriptor = descriptor
        self._moved = None
        return True

    def _go(self, offset: int) -> None:
        self._place = Place.at(self._descriptor, offset)
        self._rest, self._skipping, self._size = b"", False, -1

    def _go_to_end(self) -> None:
        """To the end of the last line that has one."""
        size = os.fstat(self._descriptor).st_size
        last = os.pread(self._descriptor, LONGEST, max(0, size - LONGEST))
        unfinished = len(last) - (last.rfind(b"\n") + 1)
        self._go(size - unfinished)

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
