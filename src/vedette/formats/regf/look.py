"""Looking at a hive from inside the sandbox: what it was shown is kept, so that each further question is quick."""

from __future__ import annotations

import mmap
import os
import stat
from typing import Final

from vedette.errors import Unreadable
from vedette.formats.regf.base import Content, primary_of
from vedette.formats.regf.logs import completed
from vedette.formats.regf.packed import Answer
from vedette.formats.regf.tree import Tree

_KEPT: Final = 5  # a mapped file takes a descriptor, and of those there are few
_LOGS: Final = 64 << 20  # bytes of the logs that are kept
_LARGEST_LOG: Final = 32 << 20

DIRTY: Final = "the hive is dirty, and its logs are missing"
UNFIT: Final = "the hive is dirty, and its logs do not fit it"

_Known = tuple[str, tuple[str, ...] | None]
"""A hive and the logs that it was put together with; with ``None`` where it needs none."""


class Looker:
    """Answers about hives, of which it keeps the last few, and the logs that it was given for them."""

    def __init__(self) -> None:
        self._trees: dict[_Known, Tree] = {}
        self._logs: dict[str, bytes] = {}

    def look(
        self,
        descriptor: int,
        *,
        path: str = "",
        depth: int = 0,
        logs: list[str] | None = None,
        hold: bool = False,
    ) -> Answer:
        """The key at ``path`` of the hive open as ``descriptor``, with ``depth`` levels below it.

        ``logs`` are those that complete it, as this answered when it was to ``hold`` each; ``None`` where nobody has
        looked for them yet. Raises ``Unreadable``.
        """
        name = _name(descriptor)
        if hold:
            self._hold(name, descriptor)
            return Answer(state="held", log=name)
        tree = self._tree(name, descriptor, logs)
        if tree is None:
            return Answer(state="incomplete")
        found = tree.find(path)
        if found is None:
            return Answer(state="absent")
        key, link = found
        if link is not None:
            return Answer(state="link", link=link)
        return Answer(state="key", key=tree.told(key, depth))

    def _hold(self, name: str, descriptor: int) -> None:
        if os.fstat(descriptor).st_size > _LARGEST_LOG:
            raise Unreadable("the log of the hive is too large")
        self._logs.pop(name, None)
        self._logs[name] = _whole(descriptor)
        while sum(map(len, self._logs.values())) > _LOGS:
            del self._logs[next(iter(self._logs))]

    def _tree(self, name: str, descriptor: int, logs: list[str] | None) -> Tree | None:
        """The hive ``name``; ``None`` where logs are needed for it that are not here."""
        for known in ((name, None), (name, tuple(logs) if logs is not None else None)):
            if known in self._trees:
                self._trees[known] = tree = self._trees.pop(known)
                return tree
        content = _content(descriptor)
        if not primary_of(content).dirty:
            return self._keep((name, None), Tree(content))
        if logs is None or any(log not in self._logs for log in logs):
            return None
        whole = completed(content, [self._logs[log] for log in logs])
        tree = Tree(content, (UNFIT if logs else DIRTY,)) if whole is None else Tree(whole)
        return self._keep((name, tuple(logs)), tree)

    def _keep(self, name: _Known, tree: Tree) -> Tree:
        while len(self._trees) >= _KEPT:
            del self._trees[next(iter(self._trees))]
        self._trees[name] = tree
        return tree


def _name(descriptor: int) -> str:
    """What tells a file, as it is now, from all others."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("not a regular file")
    return f"{found.st_dev}.{found.st_ino}.{found.st_size}.{found.st_mtime_ns}.{found.st_ctime_ns}"


def _content(descriptor: int) -> Content:
    """The file, mapped: only what is looked at is read."""
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except ValueError:  # there is nothing to map
        return b""
    except OSError as error:
        raise Unreadable("it cannot be read") from error


def _whole(descriptor: int) -> bytes:
    pieces, place = [], 0
    while piece := os.pread(descriptor, 1 << 20, place):
        pieces.append(piece)
        place += len(piece)
    return b"".join(pieces)


look = Looker().look
"""The one of the process that runs this."""
