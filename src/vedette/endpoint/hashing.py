"""SHA-256 of files by open descriptor, remembered as long as the file is the same.

The same means: device, inode, size and both times (content and status) are as they were. A file changed
within the clock tick in which it was hashed would look the same, so one that was touched just now is not
remembered.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from vedette.clock import Clock, from_micros, micros
from vedette.endpoint.settings import MIB
from vedette.errors import Unreadable
from vedette.host import FileStat

_CHUNK: Final = 256 << 10
_SETTLED: Final = timedelta(seconds=2)
_REASONS: Final = {
    errno.ENOENT: "gone",
    errno.ESRCH: "gone",
    errno.EACCES: "not permitted",
    errno.EPERM: "not permitted",
}

_Key = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file's digest (32 bytes) and the facts that held while it was read."""

    sha256: bytes
    facts: FileStat


class Hashes:
    """Hashes files of up to ``max_bytes`` bytes and remembers ``most`` of them. Threads may share it."""

    def __init__(self, clock: Clock, max_bytes: int = 512 * MIB, most: int = 4096) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._most = most
        self._known: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, descriptor: int) -> Hashed:
        """The digest of the regular file open for reading as ``descriptor``, whose position is left alone.

        Raises ``Unreadable`` where it cannot be read, is too large, or goes on changing.
        """
        try:
            for _ in range(2):
                before = os.fstat(descriptor)
                digest = self._remembered(_key(before)) or self._read(descriptor, before)
                if _key(os.fstat(descriptor)) == _key(before):
                    self._remember(before, digest)
                    return Hashed(digest, facts_of(before))
        except OSError as error:
            raise unreadable(error) from error
        raise Unreadable("it changes while it is read")

    def _read(self, descriptor: int, found: os.stat_result) -> bytes:
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("not a regular file")
        digest, place = hashlib.sha256(), 0
        while place <= self._max_bytes and (chunk := os.pread(descriptor, _CHUNK, place)):
            digest.update(chunk)
            place += len(chunk)
        if place > self._max_bytes or found.st_size > self._max_bytes:
            raise Unreadable("too large")
        return digest.digest()

    def _remembered(self, key: _Key) -> bytes | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def _remember(self, found: os.stat_result, digest: bytes) -> None:
        changed = max(found.st_ctime_ns, found.st_mtime_ns) // 1000
        if changed > micros(self._clock.now() - _SETTLED):
            return
        with self._lock:
            self._known[_key(found)] = digest
            while len(self._known) > self._most:
                self._known.popitem(last=False)


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    """A descriptor for reading the regular file at ``path``; a device or pipe is never opened. Raises
    ``Unreadable``.
    """
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise Unreadable("not a regular file")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise unreadable(error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def facts_of(found: os.stat_result) -> FileStat:
    """What ``found`` says, in our words; when a file was created is not among it."""
    return FileStat(
        size=found.st_size,
        modified=from_micros(found.st_mtime_ns // 1000),
        changed=from_micros(found.st_ctime_ns // 1000),
        created=None,
        mode=found.st_mode,
        owner=found.st_uid,
        device=found.st_dev,
        inode=found.st_ino,
    )


def unreadable(error: OSError) -> Unreadable:
    """``error`` without the file name in it."""
    return Unreadable(_REASONS.get(error.errno or 0, "it cannot be opened or read"))


def _key(found: os.stat_result) -> _Key:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
