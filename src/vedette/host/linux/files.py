"""Reading a tree of files: the running system's, or an image's, out of which no link leads.

Every file is first opened as a mere place (O_PATH), which neither blocks nor wakes a device, then looked at, then
opened to read. Creation times come from statx(2), which Python does not offer.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
import struct
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from vedette.clock import EPOCH
from vedette.errors import ConfigurationError, Unreadable
from vedette.host import Entry, FileStat

_PLACE = os.O_PATH | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_LINKS = 40  # as the kernel's own walk
_ENTRIES = 1 << 16
_CHUNK = 256 << 10

_REASONS = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.EACCES: "not permitted",
    errno.EPERM: "not permitted",
    errno.ELOOP: "too many links",
    errno.ENAMETOOLONG: "name too long",
}
NOT_REGULAR, NOT_FOLDER, TOO_LARGE = "not a regular file", "not a folder", "too large"
TOO_MANY = "too many entries"

Path = str | os.PathLike[str]


class LinuxFiles:
    """The files below ``root``: "/" is the running system. Raises ``ConfigurationError`` if ``root`` is no folder."""

    def __init__(self, root: Path = "/") -> None:
        self._root = os.path.realpath(root)
        if not os.path.isdir(self._root):
            raise ConfigurationError(
                "the image is not a folder", "name the folder that holds its /etc"
            )

    @property
    def live(self) -> bool:
        return self._root == "/"

    def read(self, path: Path, limit: int = 1 << 20) -> bytes:
        """See ``Files``."""
        content = self.head(path, limit + 1)
        if len(content) > limit:
            raise Unreadable(TOO_LARGE)
        return content

    def head(self, path: Path, size: int) -> bytes:
        """The first ``size`` bytes of a regular file, or all there are. Raises ``Unreadable``."""
        with self.opened(path) as file, _translated():
            content = bytearray()
            while len(content) < size and (part := os.read(file, min(size - len(content), _CHUNK))):
                content += part
            return bytes(content)

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[int]:
        """A regular file, open for reading as a descriptor, until the end of the block. Raises ``Unreadable``."""
        with contextlib.ExitStack() as opening:
            with self._place(path) as place:
                if not stat.S_ISREG(os.fstat(place).st_mode):
                    raise Unreadable(NOT_REGULAR)
                file = opening.enter_context(_opened(place, _READ))
            yield file

    def entries(self, folder: Path) -> list[Entry]:
        """See ``Files``. At most 65,536 entries."""
        try:
            with self._place(folder) as place:
                if not stat.S_ISDIR(os.fstat(place).st_mode):
                    raise Unreadable(NOT_FOLDER)
                with _opened(place, _READ | os.O_DIRECTORY) as opened:
                    return _entries(opened)
        except Unreadable as error:
            if error.reason == "missing":
                return []
            raise

    def stat(self, path: Path) -> FileStat:
        """See ``Files``. Needs no right to read the file itself."""
        with self._place(path) as place:
            found = os.fstat(place)
            return FileStat(
                size=found.st_size,
                modified=_moment(found.st_mtime_ns),
                changed=_moment(found.st_ctime_ns),
                created=created(place),
                mode=found.st_mode,
                owner=found.st_uid,
                device=found.st_dev,
                inode=found.st_ino,
            )

    @contextlib.contextmanager
    def _place(self, path: Path) -> Iterator[int]:
        """An O_PATH descriptor of ``path``, links followed; errors of the system become ``Unreadable``."""
        with _translated():
            name = os.fspath(path)
            place = os.open(name, _PLACE) if self.live else _walk(self._root, name)
            try:
                yield place
            finally:
                os.close(place)


def _walk(root: str, path: str) -> int:
    """An O_PATH descriptor of ``path`` as it would be found if ``root`` were "/": ``..`` and links stay inside."""
    with contextlib.ExitStack() as opened:

        def place(name: str, folder: int | None = None) -> int:
            descriptor = os.open(name, _PLACE | os.O_NOFOLLOW, dir_fd=folder)
            opened.callback(os.close, descriptor)
            return descriptor

        trail = [place(root)]
        parts = deque(path.split("/"))
        links = 0
        while parts:
            part = parts.popleft()
            if part == "..":
                del trail[max(1, len(trail) - 1) :]
            elif part not in {"", "."}:
                found = place(part, trail[-1])
                if not stat.S_ISLNK(os.fstat(found).st_mode):
                    trail.append(found)
                    continue
                links += 1
                if links > _LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                target = os.readlink("", dir_fd=found)
                if target.startswith("/"):
                    del trail[1:]
                parts.extendleft(reversed(target.split("/")))
        return os.dup(trail[-1])


@contextlib.contextmanager
def _opened(place: int, flags: int) -> Iterator[int]:
    """What lies at ``place``, opened: the very same file, whatever its path means by now."""
    descriptor = os.open(f"/proc/self/fd/{place}", flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable(_REASONS.get(error.errno or 0, "input or output error")) from error
    except ValueError as error:  # a NUL or a lone surrogate: no file can have such a name
        raise Unreadable("missing") from error


def _entries(folder: int) -> list[Entry]:
    found: list[Entry] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= _ENTRIES:
                raise Unreadable(TOO_MANY)
            found.append(_entry(folder, entry))
    return sorted(found, key=lambda each: each.name)


def _entry(folder: int, entry: os.DirEntry[str]) -> Entry:
    if entry.is_symlink():
        try:
            return Entry(entry.name, "link", os.readlink(entry.name, dir_fd=folder))
        except OSError:  # gone since
            return Entry(entry.name, "link")
    if entry.is_dir(follow_symlinks=False):
        return Entry(entry.name, "folder")
    return Entry(entry.name, "file" if entry.is_file(follow_symlinks=False) else "other")


def _moment(nanoseconds: int) -> datetime:
    """A time stamp as a file system keeps it; one that no calendar holds becomes the nearest that does."""
    try:
        return EPOCH + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        latest, earliest = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
        return latest if nanoseconds > 0 else earliest


_AT_EMPTY_PATH = 0x1000
_STATX_BTIME = 0x800
_STATX = struct.Struct("=I76xqI")  # mask; the birth time's seconds and nanoseconds at byte 80
_STATX_SIZE = 256

# Older C libraries lack it.
_statx = getattr(ctypes.CDLL(None, use_errno=True), "statx", None)


def created(descriptor: int) -> datetime | None:
    """When the open file was created (statx(2)); ``None`` where the file system or the C library does not tell."""
    answer = ctypes.create_string_buffer(_STATX_SIZE)
    if _statx is None or _statx(descriptor, b"", _AT_EMPTY_PATH, _STATX_BTIME, answer) != 0:
        return None
    mask, seconds, nanoseconds = _STATX.unpack_from(answer)
    return _moment(seconds * 10**9 + nanoseconds) if mask & _STATX_BTIME and seconds else None
