"""The system calls of fanotify(7), and the bytes they speak. No policy here.

Whoever has asked for permission events holds up other programs until it answers. Closing the group answers
everything with "allow", and the kernel closes it when the process ends. Therefore a copy of this process must not
keep it open.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from vedette.errors import NotPermitted, Unsupported

ALLOW, DENY = 1, 2

_CLASS_NOTIFY, _CLASS_CONTENT, _CLOEXEC, _NONBLOCK = 0x0, 0x4, 0x1, 0x2
_MARK_ADD, _MARK_ONLYDIR = 0x1, 0x8
_OPEN_EXEC, _OPEN_EXEC_PERM, _EVENT_ON_CHILD, _QUEUE_OVERFLOW = 0x1000, 0x40000, 0x08000000, 0x4000
_METADATA_VERSION = 3
# length, version, reserved, metadata length, mask, descriptor, process
_METADATA = struct.Struct("=IBBHQii")
_RESPONSE = struct.Struct("=iI")
_READ_AT_ONCE = 64 * _METADATA.size

_libc = ctypes.CDLL(None, use_errno=True)
_libc.fanotify_init.argtypes = (ctypes.c_uint, ctypes.c_uint)
_libc.fanotify_mark.argtypes = (
    ctypes.c_int,
    ctypes.c_uint,
    ctypes.c_uint64,
    ctypes.c_int,
    ctypes.c_char_p,
)

_open_groups: set[int] = set()


def _close_in_copy() -> None:
    while _open_groups:
        with contextlib.suppress(OSError):
            os.close(_open_groups.pop())


os.register_at_fork(after_in_child=_close_in_copy)


class Execution(NamedTuple):
    """A file that ``pid`` wants to execute, or opened for that. ``descriptor`` is the receiver's to close; -1: events
    were lost (and allowed).
    """

    descriptor: int
    pid: int


def open_group(*, asked: bool = True) -> int:
    """A group that is ``asked`` for decisions about content, or else is only told. Raises ``NotPermitted`` or
    ``Unsupported``.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOATIME | getattr(os, "O_LARGEFILE", 0)
    kind = _CLASS_CONTENT if asked else _CLASS_NOTIFY
    group: int = _libc.fanotify_init(kind | _CLOEXEC | _NONBLOCK, flags)
    if group < 0:
        number = ctypes.get_errno()
        if number == errno.EPERM:
            raise NotPermitted(
                "only root may decide about executions", "run the agent as root, or name no folders"
            )
        raise unsupported()
    _open_groups.add(group)
    return group


def close_group(group: int) -> None:
    """Allows all that is pending and ends the group."""
    _open_groups.discard(group)
    os.close(group)


def mark(group: int, folder: int, *, asked: bool = True) -> None:
    """Wants to be ``asked`` about executions of files directly in the open ``folder``, or else to be told of them.
    Raises ``OSError``.
    """
    mask = (_OPEN_EXEC_PERM if asked else _OPEN_EXEC) | _EVENT_ON_CHILD
    if _libc.fanotify_mark(group, _MARK_ADD | _MARK_ONLYDIR, mask, folder, None) < 0:
        raise _last_error()


def executions(group: int) -> Iterator[Execution]:
    """Those that wait now or were told of, at most 64. Raises ``OSError``, ``Unsupported`` for a kernel that speaks
    otherwise.
    """
    try:
        data = os.read(group, _READ_AT_ONCE)
    except BlockingIOError:
        return
    offset = 0
    while offset + _METADATA.size <= len(data):
        length, version, _, _, mask, descriptor, pid = _METADATA.unpack_from(data, offset)
        if version != _METADATA_VERSION or length < _METADATA.size:
            raise unsupported()
        offset += length
        yield Execution(-1 if mask & _QUEUE_OVERFLOW else descriptor, pid)


def respond(group: int, descriptor: int, response: int) -> None:
    """Answers one event; ``descriptor`` must still be open. Raises ``OSError``."""
    os.write(group, _RESPONSE.pack(descriptor, response))


def unsupported() -> Unsupported:
    return Unsupported(
        "this kernel does not let Vedette decide about executions",
        "use Linux 5.0 or later with CONFIG_FANOTIFY_ACCESS_PERMISSIONS, or name no folders",
    )


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
