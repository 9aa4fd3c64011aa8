"""A file's bytes, however many there are.

What fits is read at once: nobody can shorten it while it is looked at. What is larger is mapped, so that memory does
not grow with the file.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import stat
from collections.abc import Iterator
from typing import Final, TypeAlias

from vedette.errors import Unreadable

Content: TypeAlias = bytes | mmap.mmap
"""Slices are ``bytes``; both have ``find``; neither is written to."""

WHOLE: Final = 64 << 20
"""Up to this many bytes are held in memory."""

_CHUNK: Final = 1 << 20


@contextlib.contextmanager
def content_of(descriptor: int) -> Iterator[Content]:
    """The bytes of the regular file open as ``descriptor``, whose position is left alone. Raises ``Unreadable``."""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("not a regular file")
        content = (
            _read(descriptor)
            if found.st_size <= WHOLE
            else mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
        )
    except (OSError, ValueError) as error:
        raise Unreadable("it cannot be read") from error
    with content if isinstance(content, mmap.mmap) else contextlib.nullcontext():
        yield content


def chunks(content: Content, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """``content`` from ``start`` to ``end``, in pieces of one mebibyte; of a mapped one, no more stays in memory."""
    end = len(content) if end is None else min(end, len(content))
    for place in range(start, end, _CHUNK):
        yield content[place : min(place + _CHUNK, end)]
        if isinstance(content, mmap.mmap):
            page = place - place % mmap.PAGESIZE
            content.madvise(mmap.MADV_DONTNEED, page, min(place + _CHUNK, end) - page)


def _read(descriptor: int) -> bytes:
    """Up to ``WHOLE`` bytes. A file that grows meanwhile, or lies about its size as in /proc, ends there."""
    pieces: list[bytes] = []
    place = 0
    while place < WHOLE and (piece := os.pread(descriptor, min(WHOLE - place, 16 << 20), place)):
        pieces.append(piece)
        place += len(piece)
    return b"".join(pieces) if len(pieces) != 1 else pieces[0]
