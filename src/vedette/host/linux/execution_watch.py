"""Files in named folders that are opened to be executed, as fanotify(7) tells it; nothing is held up.

The process connector tells which program a process runs: of a script that is the interpreter, and of a program of
Windows it is what runs those. Here the kernel tells of the file itself. Programs of the system's own format (ELF) are
left to the connector.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import threading
from collections.abc import Iterator, Sequence
from typing import Final

from vedette.clock import Clock, SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.host import Launch, Missed
from vedette.host.backlog import Backlog
from vedette.host.linux import fanotify
from vedette.host.linux.folders import WatchedFolders
from vedette.host.linux.processes import undeleted

log = logging.getLogger(__name__)

OVERRUN: Final = "the kernel's queue overran"
CLOSED: Final = "a file could not be opened"
_ELF: Final = b"\x7fELF"
_STOP_MILLISECONDS: Final = 500
_MARKED_SECONDS: Final = 10.0
_BROKEN = {errno.EBADF, errno.EINVAL, errno.EFAULT}


class ExecutionWatch:
    """Launches of scripts and foreign programs that lie in ``folders`` or below, at most ``limit`` folders.

    A folder that is missing at the start is not watched. Needs root.
    """

    name = "executed files"
    polling = False

    def __init__(
        self,
        folders: Sequence[str],
        clock: Clock | None = None,
        backlog: int = 8192,
        limit: int = 4096,
    ) -> None:
        self._folders = tuple(dict.fromkeys(map(os.path.realpath, folders)))
        self._clock = clock or SystemClock()
        self._backlog = backlog
        self._limit = limit

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        """See ``LaunchSource``."""
        group = _opened_group()
        ended, ready = threading.Event(), threading.Event()
        try:
            folders = WatchedFolders(group, self._folders, self._limit, ended, asked=False)
        except Unsupported:
            fanotify.close_group(group)
            raise
        threading.Thread(
            target=_keep, args=(folders, ready), name="executed folders", daemon=True
        ).start()
        backlog = Backlog(self._backlog)
        threading.Thread(
            target=self._listen, args=(group, ended, stop, backlog), name=self.name, daemon=True
        ).start()
        ready.wait(_MARKED_SECONDS)
        return iter(backlog)

    def _listen(
        self, group: int, ended: threading.Event, stop: threading.Event, backlog: Backlog
    ) -> None:
        poll = select.poll()
        poll.register(group, select.POLLIN)
        try:
            while not stop.is_set() and not backlog.ended:
                if poll.poll(_STOP_MILLISECONDS):
                    self._drain(group, backlog)
        except OSError:
            log.exception("executed files are no longer told of")
            backlog.put(Missed(1, "executed files are no longer told of"))
        finally:
            ended.set()
            fanotify.close_group(group)
            backlog.end()

    def _drain(self, group: int, backlog: Backlog) -> None:
        try:
            for descriptor, pid in fanotify.executions(group):
                if descriptor < 0:
                    backlog.put(Missed(1, OVERRUN))
                elif launch := self._launch(descriptor, pid):
                    backlog.put(launch)
        except OSError as error:
            if error.errno in _BROKEN:
                raise
            backlog.put(Missed(1, CLOSED))  # the one that came next; the kernel goes on behind it

    def _launch(self, descriptor: int, pid: int) -> Launch | Missed | None:
        """What was executed; nothing where it is an ELF file."""
        try:
            path = undeleted(os.readlink(f"/proc/self/fd/{descriptor}"))
            head = os.pread(descriptor, len(_ELF), 0)
        except OSError:
            return Missed(1, CLOSED)
        finally:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        return None if head == _ELF else Launch(pid, path, self._clock.now())


def _opened_group() -> int:
    try:
        return fanotify.open_group(asked=False)
    except NotPermitted as error:
        raise NotPermitted(
            "only root is told of executed files", "run the agent as root, or watch no folders"
        ) from error


def _keep(folders: WatchedFolders, ready: threading.Event) -> None:
    try:
        folders.follow(ready)
    except OSError:
        log.exception("new folders are no longer watched")
    finally:
        ready.set()
