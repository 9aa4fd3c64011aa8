"""The files that the paths of a command line stand for: themselves, or all that lie in them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vedette.errors import Unreadable

_REASONS: Final = {
    errno.ENOENT: "there is no such file",
    errno.ENOTDIR: "there is no such file",
    errno.ELOOP: "its links lead in a circle",
    errno.EACCES: "not permitted",
    errno.EPERM: "not permitted",
    errno.ENAMETOOLONG: "the name is too long",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file."""

    path: str


@dataclass(frozen=True, slots=True)
class Closed:
    """What cannot be looked at, and why, in a few words."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A link or special file in a folder: nobody asked for it by name."""

    path: str


def files_of(paths: Iterable[str]) -> Iterator[Found | Closed | PassedOver]:
    """What lies at ``paths``, and, of folders, in them and all folders below, sorted by name.

    A path that is a link is followed; links inside folders are passed over, so none is walked in circles.
    """
    for path in paths:
        try:
            mode = Path(path).stat().st_mode
        except (OSError, ValueError) as error:
            yield Closed(path, _reason(error))
            continue
        if stat.S_ISDIR(mode):
            yield from _below(path)
        elif stat.S_ISREG(mode):
            yield Found(path)
        else:
            yield Closed(path, "not a regular file")


@contextlib.contextmanager
def reading(path: str) -> Iterator[int]:
    """A descriptor for reading the regular file at ``path``. Raises ``Unreadable``; a device or pipe that has taken
    its place is not waited for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise Unreadable(_reason(error)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _below(folder: str) -> Iterator[Found | Closed | PassedOver]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        yield Closed(folder, _reason(error))
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield Found(entry.path)
            else:
                yield PassedOver(entry.path)
        except OSError as error:
            yield Closed(entry.path, _reason(error))


def _reason(error: OSError | ValueError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    return _REASONS.get(number or 0, "it cannot be opened or read")
