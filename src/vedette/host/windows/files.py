r"""The files on the system's drive of a running Windows, by paths from its root with slashes.

The way to a file is gone folder by folder, so that no link leads to another computer: looking there would send packets.
Nor is anything opened that a cloud's provider would have to fetch first. Paths are given to Windows as ``\\?\C:\…``, in
which neither ``CON`` nor ``NUL`` is a device, and no name is too long
(https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
"""

from __future__ import annotations

import contextlib
import errno
import ntpath
import os
import re
import stat
import struct
import sys
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from vedette.clock import from_micros
from vedette.errors import Unreadable
from vedette.host import Entry, FileStat

_LINKS: Final = 31  # reparse points on one path, as Windows itself allows
_ENTRIES: Final = 1 << 16
_CHUNK: Final = 256 << 10

_REASONS: Final = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "missing",
    errno.EINVAL: "missing",
    errno.EACCES: "not permitted",
    errno.EPERM: "not permitted",
    errno.ENAMETOOLONG: "name too long",
}
_IN_USE: Final = frozenset({32, 33})  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION

# https://learn.microsoft.com/windows/win32/fileio/file-attribute-constants
_ELSEWHERE: Final = 0x00001000 | 0x00040000 | 0x00400000  # OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA…
# IO_REPARSE_TAG_SYMLINK and IO_REPARSE_TAG_MOUNT_POINT; all others (deduplication, compression, a cloud's
# placeholders) are files and folders to whoever reads them.
# https://learn.microsoft.com/openspecs/windows_protocols/ms-fscc/c8e77b37-3909-4fe6-a4ea-2b9d423b1ee4
_LINK_TAGS: Final = frozenset({0xA000000C, 0xA0000003})
# How long and native names begin.
_NAMESPACE: Final = re.compile(r"^(?:\\\\\?\\|\\\?\?\\|\\\\\.\\)")
_DRIVE: Final = re.compile(r"^([A-Za-z]:)[\\/]?")

Path = str | os.PathLike[str]


class WindowsFiles:
    r"""The files of the drive whose root is ``root``, by default the system's: ``C:\``."""

    def __init__(self, root: str | None = None, native: bool = sys.platform == "win32") -> None:
        self._native = native
        self._root = root if root is not None else f"{os.environ.get('SYSTEMDRIVE', 'C:')}\\"
        # For a 32-bit process System32 means another folder, and Sysnative the real one.
        self._redirected = (
            native
            and struct.calcsize("P") == 4
            and _is_folder(ntpath.join(self._root, "Windows", "Sysnative"))
        )

    def read(self, path: Path, limit: int = 1 << 20) -> bytes:
        """See ``Files``."""
        with self.opened(path) as file, _translated():
            content = bytearray()
            while len(content) <= limit and (
                part := os.read(file, min(limit + 1 - len(content), _CHUNK))
            ):
                content += part
        if len(content) > limit:
            raise Unreadable("too large")
        return bytes(content)

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[int]:
        """A regular file, open for reading as a descriptor, until the end of the block. Raises ``Unreadable``."""
        with _translated():
            place = self._located(path)
            found = os.stat(place)
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable("not a regular file")
            if getattr(found, "st_file_attributes", 0) & _ELSEWHERE:
                raise Unreadable("not on this computer")
            # Beside Windows' own ones, so that the same is tested elsewhere.
            flags = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
            file = os.open(place, os.O_RDONLY | flags)
        try:
            yield file
        finally:
            os.close(file)

    def entries(self, folder: Path) -> list[Entry]:
        """See ``Files``. At most 65,536 entries."""
        try:
            with _translated():
                place = self._located(folder)
                if not stat.S_ISDIR(os.stat(place).st_mode):
                    raise Unreadable("not a folder")
                return _entries(place)
        except Unreadable as error:
            if error.reason == "missing":
                return []
            raise

    def stat(self, path: Path) -> FileStat:
        """See ``Files``. Windows has neither owners' numbers nor bits of permission: the one is 0, and the others are
        what Python makes of the attribute "read only".
        """
        with _translated():
            found = os.stat(self._located(path))
        return FileStat(
            size=found.st_size,
            modified=_moment(found.st_mtime_ns),
            # Of Windows this Python tells no time of the last change of attributes, but under this name when the file
            # was created (https://docs.python.org/3/library/os.html#os.stat_result.st_ctime).
            changed=_moment(found.st_mtime_ns if self._native else found.st_ctime_ns),
            created=_moment(found.st_ctime_ns) if self._native else None,
            mode=found.st_mode,
            owner=found.st_uid,
            device=found.st_dev,
            inode=found.st_ino,
        )

    def _located(self, path: Path) -> str:
        """Where ``path`` leads, as the system takes it; nothing on it is a link any more. Raises ``Unreadable``,
        ``OSError`` and ``ValueError``.
        """
        parts = deque(os.fspath(path).replace("\\", "/").split("/"))
        root, trail, links = self._root, list[str](), 0
        while parts:
            part = parts.popleft()
            if part == "..":
                del trail[-1:]
            elif part not in {"", "."}:
                place = self._place(root, [*trail, part])
                target = _target(place)
                if target is None:
                    trail.append(part)
                    continue
                links += 1
                if links > _LINKS:
                    raise Unreadable("too many links")
                root, target = self._begun(root, trail, target)
                parts.extendleft(reversed(target.split("/")))
        return self._place(root, trail)

    def _begun(self, root: str, trail: list[str], target: str) -> tuple[str, str]:
        """The drive that a link leads to and the way there; an absolute one empties ``trail``."""
        if not self._native:
            if target.startswith("/"):
                trail.clear()
            return root, target
        target = _NAMESPACE.sub("", target)
        if drive := _DRIVE.match(target):
            trail.clear()
            return f"{drive[1]}\\", target[drive.end() :].replace("\\", "/")
        if target.startswith(("\\\\", "//")) or target.upper().startswith("UNC\\"):
            raise Unreadable("on another computer")
        if target.startswith(("\\", "/")):
            trail.clear()
        elif target.upper().startswith("VOLUME{"):
            raise Unreadable("on a drive without a letter")
        return root, target.replace("\\", "/")

    def _place(self, root: str, trail: list[str]) -> str:
        if not self._native:
            return os.path.join(root, *trail)
        if self._redirected and [part.lower() for part in trail[:2]] == ["windows", "system32"]:
            trail = [trail[0], "Sysnative", *trail[2:]]
        if any("\0" in part or ":" in part for part in trail):  # the latter names another stream
            raise Unreadable("missing")
        return ntpath.join(f"\\\\?\\{root}", *trail)


def _target(place: str) -> str | None:
    """Where the link at ``place`` leads, as written; ``None`` where it is none."""
    found = os.lstat(place)
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) in _LINK_TAGS:
        return os.readlink(place)
    return None


def _entries(folder: str) -> list[Entry]:
    found: list[Entry] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= _ENTRIES:
                raise Unreadable("too many entries")
            found.append(_entry(entry))
    return sorted(found, key=lambda each: each.name)


def _entry(entry: os.DirEntry[str]) -> Entry:
    try:
        if (target := _target(entry.path)) is not None:
            return Entry(entry.name, "link", _NAMESPACE.sub("", target))
    except OSError:  # gone since, or closed to this user
        pass
    if entry.is_dir(follow_symlinks=False):
        return Entry(entry.name, "folder")
    return Entry(entry.name, "file" if entry.is_file(follow_symlinks=False) else "other")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if getattr(error, "winerror", None) in _IN_USE:
            raise Unreadable("in use") from error
        raise Unreadable(_REASONS.get(error.errno or 0, "input or output error")) from error
    except ValueError as error:  # a NUL or a lone surrogate: no file can have such a name
        raise Unreadable("missing") from error


def _moment(nanoseconds: int) -> datetime:
    return from_micros(nanoseconds // 1000)


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except OSError:
        return False
