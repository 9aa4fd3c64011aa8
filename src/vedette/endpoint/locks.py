"""Locks between processes that end with whoever holds them: flock(2), and on Windows a locked byte."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FOLDER_LOCK: Final = "folder.lock"


def lock(descriptor: int, *, wait: bool) -> None:
    """Locks the open file for this process until it is closed.

    Raises ``BlockingIOError`` where another holds it and there is no ``wait``, and ``OSError``.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - there is none elsewhere

        os.lseek(descriptor, 0, os.SEEK_SET)
        while True:
            try:
                # The first byte, there or not; waiting gives up after ten seconds
                # (https://docs.python.org/3/library/msvcrt.html#msvcrt.locking).
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError as error:
                if wait and error.errno == errno.EDEADLOCK:
                    continue
                if not wait and error.errno == errno.EACCES:
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
                raise
            return
    import fcntl  # noqa: PLC0415 - likewise

    fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


@contextlib.contextmanager
def folder_locked(path: Path) -> Iterator[None]:
    """Holds the folder at ``path``; waits for whoever else does. Raises ``OSError``.

    On Windows, where a folder cannot be opened, a file in it stands for it.
    """
    if sys.platform == "win32":
        descriptor = os.open(path / _FOLDER_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    else:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)
