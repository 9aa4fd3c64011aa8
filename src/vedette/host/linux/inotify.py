"""The system calls of inotify(7), and the bytes they speak. No policy here.

A library for this (``watchfiles``) is another compiled part on everybody's computer, and tells neither of a file that
was closed after writing nor of events that were lost.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

ATTRIBUTES: Final = 0x4
CLOSED: Final = 0x8  # after it was open for writing
MOVED_TO: Final = 0x80
CREATED: Final = 0x100
OVERFLOW: Final = 0x4000
IGNORED: Final = 0x8000  # the watch is gone, with the folder
IS_FOLDER: Final = 0x40000000
_ONLY_FOLDERS: Final = 0x01000000
_EVENT: Final = struct.Struct("=iIII")  # watch, mask, cookie, length of the name

_libc = ctypes.CDLL(None, use_errno=True)
_libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)


class Noticed(NamedTuple):
    """Something (``mask``) happened to ``name`` in the watched folder of this ``number``; in none, where events were
    lost: then it is -1.
    """

    number: int
    mask: int
    name: str


def open_watch() -> int:
    """An inotify instance. Raises ``OSError``."""
    watch: int = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if watch < 0:
        raise _last_error()
    return watch


def watch_folder(watch: int, folder: int, mask: int = CREATED | MOVED_TO) -> int:
    """Watches the open ``folder`` for ``mask``; its number, the same again for the same folder. Raises ``OSError``."""
    place = f"/proc/self/fd/{folder}".encode()
    number: int = _libc.inotify_add_watch(watch, place, mask | _ONLY_FOLDERS)
    if number < 0:
        raise _last_error()
    return number


def unwatch(watch: int, number: int) -> None:
    """Ends the watching of the folder of this ``number``, which may have ended already."""
    _libc.inotify_rm_watch(watch, number)


def noticed(watch: int) -> Iterator[Noticed]:
    """What was noticed since the last call. Raises ``OSError``."""
    try:
        data = os.read(watch, 64 << 10)
    except BlockingIOError:
        return
    offset = 0
    while offset < len(data):
        number, mask, _cookie, length = _EVENT.unpack_from(data, offset)
        offset += _EVENT.size + length
        yield Noticed(number, mask, os.fsdecode(data[offset - length : offset].rstrip(b"\0")))


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
