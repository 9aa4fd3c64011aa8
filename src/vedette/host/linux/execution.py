"""Asking before a file in a named folder is executed: fanotify's FAN_OPEN_EXEC_PERM, with a deadline on every
decision.

Three threads: the caller's reads events and answers what is overdue, and does nothing that could block; one
decides; one keeps up with new folders. Whatever goes wrong the answer is "allow", in the end because closing the
group allows everything.

A file is asked about where its own folder is watched: not through a hard link elsewhere, nor as a library or as an
argument of an interpreter. A writer that still has it open can change it after the decision.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from vedette.clock import Clock, SystemClock
from vedette.errors import ConfigurationError
from vedette.host import ExecutionCounts, OpenedFile
from vedette.host.docket import Docket
from vedette.host.linux import fanotify
from vedette.host.linux.folders import WatchedFolders, narrow
from vedette.host.linux.processes import undeleted

log = logging.getLogger(__name__)

_STOP_SECONDS = 0.25
_BROKEN = {errno.EBADF, errno.EINVAL, errno.EFAULT}


class FanotifyControl:
    """Decides about executions in ``folders`` and below, at most ``limit`` of them; ``deadline`` in seconds.

    Raises ``ConfigurationError`` for a folder that the system runs from.
    """

    def __init__(
        self,
        folders: Sequence[str],
        deadline: float = 2.0,
        clock: Clock | None = None,
        limit: int = 4096,
    ) -> None:
        self._folders = tuple(dict.fromkeys(narrow(folder) for folder in folders))
        self._deadline = deadline
        self._clock = clock or SystemClock()
        self._limit = limit
        self._docket: Docket | None = None
        self.ready = threading.Event()

    @property
    def counts(self) -> ExecutionCounts:
        """Of the run that goes on, or of the last one."""
        return self._docket.counts if self._docket else ExecutionCounts()

    def run(self, decide: Callable[[OpenedFile], bool], stop: threading.Event) -> None:
        """See ``ExecutionControl``. A named folder that is missing at the start is not watched."""
        if not any(map(os.path.isdir, self._folders)):
            raise ConfigurationError(
                "none of the folders to protect exists", "name existing folders or none"
            )
        group = fanotify.open_group()
        self._docket = docket = Docket(partial(_respond, group), self._clock, self._deadline)
        ended = threading.Event()
        try:
            with _without_vfork():
                folders = WatchedFolders(group, self._folders, self._limit, ended)
                deciding = partial(docket.decide_all, decide)
                threading.Thread(target=deciding, name="execution decisions", daemon=True).start()
                keeping = partial(self._keep, folders)
                keeper = threading.Thread(target=keeping, name="execution folders", daemon=True)
                keeper.start()
                try:
                    self._answer(group, docket, stop)
                finally:
                    docket.close()
                    ended.set()
                    keeper.join(timeout=1)
                    self.ready.clear()
        finally:
            fanotify.close_group(group)

    def _keep(self, folders: WatchedFolders) -> None:
        try:
            folders.follow(self.ready)
        except OSError:
            log.exception("new folders are no longer watched")

    def _answer(self, group: int, docket: Docket, stop: threading.Event) -> None:
        poll = select.poll()
        poll.register(group, select.POLLIN)
        own = os.getpid()
        while not stop.is_set():
            wait = min(docket.allow_overdue(), _STOP_SECONDS)
            if not poll.poll(wait * 1000):
                continue
            try:
                for descriptor, pid in fanotify.executions(group):
                    if descriptor < 0:
                        docket.count(errors=1)
                    elif pid == own:
                        docket.pass_by(descriptor)
                    else:
                        _admit(docket, descriptor, pid)
            except OSError as error:
                if error.errno in _BROKEN:
                    raise
                # One file could not be opened for us; the kernel has answered by itself, with a denial.
                docket.count(errors=1)


def _admit(docket: Docket, descriptor: int, pid: int) -> None:
    try:
        path = undeleted(os.readlink(f"/proc/self/fd/{descriptor}"))
    except OSError:
        docket.pass_by(descriptor, error=True)
    else:
        docket.admit(OpenedFile(descriptor, path, pid))


def _respond(group: int, descriptor: int, allow: bool) -> None:
    try:
        fanotify.respond(group, descriptor, fanotify.ALLOW if allow else fanotify.DENY)
    except OSError as error:
        if error.errno != errno.ENOENT:  # the process that waited was killed
            raise


@contextlib.contextmanager
def _without_vfork() -> Iterator[None]:
    """Makes ``subprocess`` fork rather than vfork.

    A vfork holds the interpreter's lock until the child has executed its program. If that waits for an answer from
    this process, neither ever goes on: no thread here could run to give it. For the same reason this process must
    not replace itself (``os.execv``) by a program in a watched folder, nor use ``os.posix_spawn`` for one.
    """
    switches = ("_USE_VFORK", "_USE_POSIX_SPAWN")
    before = {switch: getattr(subprocess, switch) for switch in switches}
    for switch in switches:
        setattr(subprocess, switch, False)
    try:
        yield
    finally:
        for switch, value in before.items():
            setattr(subprocess, switch, value)
