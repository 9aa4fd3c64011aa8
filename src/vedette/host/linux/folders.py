"""Which folders are watched for executions: the named ones and what lies below, narrowly.

Holding up executions in a folder that the system itself runs from stops the machine, Vedette with it. Such folders
are refused by name, and while walking no link is followed and no other mount entered.
"""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
from collections.abc import Iterable

from vedette.errors import ConfigurationError, Unsupported
from vedette.host.linux import fanotify, inotify

log = logging.getLogger(__name__)

_SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/nix", "/proc", "/run/current-system", "/sbin", "/sys", "/usr"),
)
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_STOP_MILLISECONDS = 500


def narrow(folder: str) -> str:
    """The real path of ``folder``, where executions may be held up. Raises ``ConfigurationError``."""
    real = os.path.realpath(folder)
    if not os.path.isabs(folder):
        raise ConfigurationError("a folder to protect is not an absolute path", "write it from /")
    # The system's folders, wherever they lead here, and the interpreter's: nothing that holds one, nothing inside
    # one.
    interpreter = os.path.dirname(os.path.realpath(sys.executable))
    for system in {*_SYSTEM, *map(os.path.realpath, _SYSTEM), interpreter}:
        if _within(real, system) or _within(system, real):
            raise ConfigurationError(
                "a folder to protect belongs to the system or holds a part of it",
                "name folders that hold people's own files, such as a downloads folder",
            )
    return real


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


class WatchedFolders:
    """Marks the named folders and keeps up with new sub-folders, to at most ``limit`` folders in all, until
    ``ended`` is set. The group is ``asked`` about executions there, or only told of them.

    A file executed in a new folder before its mark, a moment later, is not asked about. A named folder that is
    missing at the start is not watched. Raises ``Unsupported`` where folders cannot be marked at all.
    """

    def __init__(
        self,
        group: int,
        roots: Iterable[str],
        limit: int,
        ended: threading.Event,
        *,
        asked: bool = True,
    ) -> None:
        self._group = group
        self._asked = asked
        self._limit = limit
        self._ended = ended
        self._mounts: dict[str, bytes] = {}  # of each root
        self._places: dict[int, str] = {}  # by inotify's number
        self._beyond = False
        self._watch = _open_watch()
        try:
            for root in roots:
                self._begin(root)
        except OSError as error:
            os.close(self._watch)
            raise fanotify.unsupported() from error

    def __len__(self) -> int:
        return len(self._places)

    def follow(self, ready: threading.Event) -> None:
        """Marks all that is there, sets ``ready``, and marks what is added. Run it once. Raises ``OSError``."""
        try:
            self._mark_all()
            ready.set()
            log.info("executions are watched", extra={"folders": len(self), "asked": self._asked})
            poll = select.poll()
            poll.register(self._watch, select.POLLIN)
            while not self._ended.is_set():
                if poll.poll(_STOP_MILLISECONDS):
                    self._catch_up()
        finally:
            os.close(self._watch)

    def _begin(self, root: str) -> None:
        try:
            descriptor = os.open(root, _OPEN)
        except FileNotFoundError:
            log.warning("a folder to protect is missing")
            return
        try:
            fanotify.mark(self._group, descriptor, asked=self._asked)
            self._mounts[root] = _mount(descriptor)
        finally:
            os.close(descriptor)

    def _mark_all(self) -> None:
        for root in self._mounts:
            self._enter(root)

    def _catch_up(self) -> None:
        for number, mask, name in inotify.noticed(self._watch):
            if mask & inotify.OVERFLOW:
                self._mark_all()
            elif mask & inotify.IGNORED:
                self._places.pop(number, None)
            elif mask & inotify.IS_FOLDER and number in self._places:
                self._enter(os.path.join(self._places[number], name))

    def _enter(self, folder: str) -> None:
        """Marks ``folder`` and what lies below. One that cannot be opened is gone or has become a link."""
        waiting = [folder]
        while waiting and not self._ended.is_set():
            try:
                descriptor = os.open(waiting.pop(), _OPEN)
            except OSError:
                continue
            try:
                waiting += self._mark(descriptor)
            except OSError as error:
                log.warning("folder not watched", extra={"errno": error.errno})
            finally:
                os.close(descriptor)

    def _mark(self, folder: int) -> list[str]:
        """Marks one open folder; the paths of those in it. The path is asked for again: a parent may have become a
        link.
        """
        real = os.readlink(f"/proc/self/fd/{folder}")
        root = next((root for root in self._mounts if _within(real, root)), None)
        if root is None or _mount(folder) != self._mounts[root]:
            return []
        if len(self._places) >= self._limit and real not in self._places.values():
            if not self._beyond:
                log.warning("more folders than can be watched", extra={"limit": self._limit})
            self._beyond = True
            return []
        fanotify.mark(self._group, folder, asked=self._asked)
        self._places[inotify.watch_folder(self._watch, folder)] = real
        with os.scandir(folder) as entries:
            return [f"{real}/{e.name}" for e in entries if e.is_dir(follow_symlinks=False)]


def _mount(descriptor: int) -> bytes:
    """The number of the mount that an open file is on (proc(5), fdinfo)."""
    with open(f"/proc/self/fdinfo/{descriptor}", "rb") as lines:
        return next((line.split()[1] for line in lines if line.startswith(b"mnt_id:")), b"")


def _open_watch() -> int:
    try:
        return inotify.open_watch()
    except OSError as error:
        raise Unsupported(
            "new folders cannot be noticed", "raise fs.inotify.max_user_instances, then start again"
        ) from error
