"""Folders in which files arrive, watched through inotify(7), with the folders in them.

A file is told of once nothing has happened to it for a moment: browsers write where it came from onto it after they
have moved it to its place. What is still being fetched has a name of its own, and is told of when it gets its last.
No link is followed and no other mount entered on the way down.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vedette.clock import Clock, SystemClock
from vedette.errors import Unsupported
from vedette.host.events import Arrival, Gap
from vedette.host.linux import inotify

log = logging.getLogger(__name__)

OVERRUN: Final = "the kernel's queue overran"
UNWATCHED: Final = "a folder cannot be watched"
FULL: Final = "files arrived faster than they could be taken"

_SEEN = inotify.CLOSED | inotify.MOVED_TO | inotify.ATTRIBUTES | inotify.CREATED
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_UNFINISHED = (
    *(".part", ".partial", ".crdownload", ".download", ".opdownload", ".aria2", ".!ut"),
    *(".tmp", ".temp", ".filepart"),
)
_STOP_SECONDS: Final = 0.5
_LOOK_AGAIN: Final = 30.0  # seconds between two looks for folders that were not there
_MOST: Final = 4096  # files that wait for their moment
_PATIENCE: Final = 10  # moments after which a file that is never left alone is told of all the same
_ALL: Final = 0.0


class ArrivingFiles:
    """Tells of files that arrive in ``folders`` (asked for again now and then) and below, at most ``limit`` folders;
    each ``settle`` seconds after the last that happened to it.
    """

    def __init__(
        self,
        folders: Callable[[], Iterable[str]],
        settle: float = 1.0,
        limit: int = 4096,
        clock: Clock | None = None,
    ) -> None:
        self._folders = folders
        self._settle = settle
        self._limit = limit
        self._clock = clock or SystemClock()

    def arrivals(self, stop: threading.Event) -> Generator[Arrival | Gap, None, None]:
        """See ``FolderWatch``."""
        try:
            watch = inotify.open_watch()
        except OSError as error:
            raise Unsupported(
                "arriving files cannot be noticed",
                "raise fs.inotify.max_user_instances, then start again",
            ) from error
        watching = _Watching(watch, self._folders, self._settle, self._limit, self._clock)
        try:
            watching.look(first=True)
        except BaseException:
            os.close(watch)
            raise
        return watching.run(stop)


@dataclass(slots=True)
class _Waiting:
    time: datetime
    since: float
    due: float


class _Watching:
    """One watch, until it ends."""

    def __init__(
        self,
        watch: int,
        folders: Callable[[], Iterable[str]],
        settle: float,
        limit: int,
        clock: Clock,
    ) -> None:
        self._watch = watch
        self._folders = folders
        self._settle = settle
        self._limit = limit
        self._clock = clock
        self._places: dict[int, str] = {}  # by inotify's number
        self._roots: set[str] = set()
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()  # by when they are due
        self._looked = 0.0  # when, in seconds since the epoch
        self._lost: dict[str, int] = {}  # by reason

    def run(self, stop: threading.Event) -> Generator[Arrival | Gap, None, None]:
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        look_at = self._clock.monotonic() + _LOOK_AGAIN
        try:
            while not stop.is_set():
                if poll.poll(self._wait() * 1000):
                    self._catch_up()
                if self._clock.monotonic() >= look_at:
                    self.look()
                    look_at = self._clock.monotonic() + _LOOK_AGAIN
                yield from self._told()
        finally:
            os.close(self._watch)

    def look(self, *, first: bool = False) -> None:
        """Watches the folders that are there now and no others. What lies in them at the ``first`` look has not
        arrived; in one that is found later, what changed since the last look has.
        """
        now = self._clock.now().timestamp()
        roots = {os.path.realpath(folder) for folder in self._folders()}
        for number, place in list(self._places.items()):
            if not any(_within(place, root) for root in roots):
                inotify.unwatch(self._watch, number)
                del self._places[number]
        watched = set(self._places.values())
        for root in sorted(roots):
            if root not in watched:
                self._enter(root, None if first else self._looked)
        self._roots, self._looked = roots, now

    def _wait(self) -> float:
        if not self._waiting:
            return _STOP_SECONDS
        due = next(iter(self._waiting.values())).due
        return min(max(due - self._clock.monotonic(), 0.01), _STOP_SECONDS)

    def _told(self) -> Iterator[Arrival | Gap]:
        for reason in list(self._lost):
            yield Gap(self._lost.pop(reason), reason)
        while self._waiting:
            path, one = next(iter(self._waiting.items()))
            if one.due > self._clock.monotonic():
                return
            del self._waiting[path]
            yield Arrival(path, one.time)

    def _catch_up(self) -> None:
        for number, mask, name in inotify.noticed(self._watch):
            if mask & inotify.OVERFLOW:
                self._lose(OVERRUN)
                for root in self._roots:
                    self._enter(root, None)
            elif mask & inotify.IGNORED:
                self._places.pop(number, None)
            elif number in self._places and name:
                self._notice(f"{self._places[number]}/{name}", mask)

    def _notice(self, path: str, mask: int) -> None:
        if mask & inotify.IS_FOLDER:
            if mask & (inotify.CREATED | inotify.MOVED_TO):
                self._enter(path, _ALL)
        elif mask & (inotify.CLOSED | inotify.MOVED_TO) or path in self._waiting:
            self._put(path)

    def _put(self, path: str) -> None:
        """``path`` is due a moment from now, also if it was to be before."""
        if path.lower().endswith(_UNFINISHED):
            return
        now = self._clock.monotonic()
        one = self._waiting.get(path)
        if one is None:
            if len(self._waiting) >= _MOST:
                self._lose(FULL)
                return
            self._waiting[path] = _Waiting(self._clock.now(), now, now + self._settle)
        elif now < one.since + _PATIENCE * self._settle:
            one.due = now + self._settle
            self._waiting.move_to_end(path)

    def _enter(self, folder: str, since: float | None) -> None:
        """Watches ``folder`` and those below; files in them that changed after ``since`` have arrived."""
        waiting, mount = [folder], None
        while waiting:
            place = waiting.pop()
            try:
                descriptor = os.open(place, _OPEN)
            except OSError:
                continue  # it is gone, or a link by now
            try:
                device = os.fstat(descriptor).st_dev
                if mount in (None, device) and self._add(descriptor, place):
                    waiting += self._inside(descriptor, place, since)
                    mount = device
            except OSError as error:
                log.warning("folder not watched", extra={"errno": error.errno})
                self._lose(UNWATCHED)
            finally:
                os.close(descriptor)

    def _add(self, descriptor: int, place: str) -> bool:
        if len(self._places) >= self._limit and place not in self._places.values():
            self._lose(UNWATCHED)
            return False
        self._places[inotify.watch_folder(self._watch, descriptor, _SEEN)] = place
        return True

    def _inside(self, descriptor: int, place: str, since: float | None) -> list[str]:
        """The folders in an open one; the files in it that arrived are put down."""
        folders = []
        with os.scandir(descriptor) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(found.st_mode):
                        folders.append(f"{place}/{entry.name}")
                    elif since is not None and found.st_ctime >= since:
                        self._put(f"{place}/{entry.name}")
        return folders

    def _lose(self, reason: str) -> None:
        self._lost[reason] = self._lost.get(reason, 0) + 1


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
