"""A socket at which the programs of this computer can log, where nothing else listens for them."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from typing import Final

from vedette.clock import Clock, SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.host.events import Gap, LogEntry, Mark
from vedette.host.journal import PEOPLE
from vedette.host.log_lines import system

FOREIGN: Final = "a message is not of a system log's form"
OVERRUN: Final = "messages came faster than they could be taken"
_LONGEST: Final = 8192
_RECEIVE_BUFFER: Final = 1 << 20
_STOP_MILLISECONDS: Final = 500
_CREDENTIALS: Final = struct.Struct("iII")  # unix(7): process, user, group
_SO_RXQ_OVFL: Final = 40
_DROPPED: Final = struct.Struct("I")

_Told = tuple[Mark, LogEntry | Gap]


class SyslogSocket:
    """Datagrams as syslog(3) sends them, at a ``path``, or at a UDP ``port`` of the loopback address.

    At a path the kernel says who sends: what a person's program logs does not count, for it could call itself
    anything. At a port nobody knows. What the kernel's buffer does not hold is told (UDP), or waits (path).
    """

    def __init__(
        self, path: str | None = None, port: int | None = None, clock: Clock | None = None
    ) -> None:
        self._path = path
        self._port = port
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        return f"socket {self._path or self._port}"

    def entries(self, after: Mark | None, stop: threading.Event) -> Iterator[_Told | None]:
        """See ``Log``. Nothing is kept while nobody listens, so that all marks are the same."""
        mark = after or Mark("")
        with contextlib.ExitStack() as undo:
            receiver = undo.enter_context(_at_path(self._path) if self._path else _at(self._port))
            if self._path:
                undo.callback(_removed, self._path)
            poll = select.poll()
            poll.register(receiver, select.POLLIN)
            yield mark, Gap(0, "begun")
            dropped = 0
            while not stop.is_set():
                if not poll.poll(_STOP_MILLISECONDS):
                    yield None
                    continue
                message, ancillary, _, _ = receiver.recvmsg(_LONGEST, socket.CMSG_SPACE(64))
                for level, kind, data in ancillary:
                    if (level, kind) == (socket.SOL_SOCKET, _SO_RXQ_OVFL):
                        (now_dropped,) = _DROPPED.unpack_from(data)
                        if now_dropped > dropped:
                            yield mark, Gap(now_dropped - dropped, OVERRUN)
                        dropped = now_dropped
                if _counts(ancillary):
                    yield from ((mark, said) for said in self._said(message))

    def _said(self, message: bytes) -> Iterator[LogEntry | Gap]:
        text = message.rstrip(b"\0\r\n").replace(b"\0", b"").decode("utf-8", "replace")
        entries = system(text, self._clock.now())
        yield from entries
        if not entries:
            yield Gap(1, FOREIGN)


def _counts(ancillary: list[tuple[int, int, bytes]]) -> bool:
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            _process, user, _group = _CREDENTIALS.unpack_from(data)
            return user not in PEOPLE
    return True


def _at_path(path: str) -> socket.socket:
    """A socket at ``path``, in place of one that nobody closed. Raises ``NotPermitted`` or ``Unsupported``."""
    _removed(path)
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        receiver.bind(path)
        os.chmod(path, 0o666)
    except OSError as error:
        receiver.close()
        raise _unusable(error) from error
    return receiver


def _at(port: int | None) -> socket.socket:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        receiver.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        receiver.bind(("127.0.0.1", port or 0))
    except OSError as error:
        receiver.close()
        raise _unusable(error) from error
    return receiver


def _unusable(error: OSError) -> NotPermitted | Unsupported:
    if isinstance(error, PermissionError):
        return NotPermitted("a place to log at is closed to this user", "name another one")
    return Unsupported("a place to log at cannot be used", "name another one")


def _removed(path: str) -> None:
    """Removes the socket at ``path``, where there is one; nothing else that lies there."""
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(os.lstat(path).st_mode):
            os.unlink(path)
