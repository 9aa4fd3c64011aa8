"""Launches as the kernel tells them: the process connector, a netlink multicast of what processes do.

Messages: a ``nlmsghdr`` (netlink(7)), a ``cn_msg`` (linux/connector.h), a ``proc_event`` (linux/cn_proc.h), all in
the machine's byte order. The kernel names the process only; its program is read from ``/proc``, at once, by a
thread that does nothing else. A process that ends before that is counted as missed.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import socket
import struct
import threading
from collections.abc import Iterator

from vedette.clock import Clock, SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.host import Launch, Missed
from vedette.host.backlog import Backlog
from vedette.host.linux.processes import program

log = logging.getLogger(__name__)

_NETLINK_CONNECTOR = 11
_CN_IDX_PROC = _CN_VAL_PROC = 1
_LISTEN, _IGNORE = 1, 2
_EVENT_NONE, _EVENT_EXEC = 0, 2
_NLMSG_DONE = 3
_SO_RCVBUFFORCE = 33

_NETLINK = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_CONNECTOR = struct.Struct("=IIIIHH")  # idx, val, sequence, ack, length, flags
_EVENT = struct.Struct("=IIQII")  # what, cpu, nanoseconds; then error, or thread and process
_BODY = _NETLINK.size + _CONNECTOR.size

# Room for some 10,000 launches in the kernel while this process gets no turn. Not resident here.
_RECEIVE_BUFFER = 8 << 20
_ANSWER_SECONDS = 2
_STOP_MILLISECONDS = 500
_AT_ONCE = 1000

GONE = "ended before it could be read"
OVERRUN = "the kernel's queue overran"


class ProcessConnector:
    """Every exec on this computer, told by the kernel. Needs root, and to run outside containers."""

    name = "process connector"
    polling = False

    def __init__(self, clock: Clock | None = None, backlog: int = 8192) -> None:
        self._clock = clock or SystemClock()
        self._limit = backlog

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        """See ``LaunchSource``."""
        connection = _subscribe()
        backlog = Backlog(self._limit)
        threading.Thread(
            target=self._listen, args=(connection, stop, backlog), name=self.name, daemon=True
        ).start()
        return iter(backlog)

    def _listen(self, connection: socket.socket, stop: threading.Event, backlog: Backlog) -> None:
        _hasten()
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        try:
            while not stop.is_set() and not backlog.ended:
                if poll.poll(_STOP_MILLISECONDS):
                    self._drain(connection, backlog)
            _send(connection, struct.pack("=I", _IGNORE), 0)
        except OSError:
            log.exception("process connector failed")
            backlog.put(Missed(1, "the process connector failed"))
        finally:
            connection.close()
            backlog.end()

    def _drain(self, connection: socket.socket, backlog: Backlog) -> None:
        """Takes what is queued; stops now and then, so that a flood cannot hide that we are to stop."""
        for _ in range(_AT_ONCE):
            try:
                message, (port, _groups) = connection.recvfrom(4096)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                backlog.put(Missed(1, OVERRUN))
                continue
            if port == 0:  # from the kernel, not from another process
                self._take(message, backlog)

    def _take(self, message: bytes, backlog: Backlog) -> None:
        if len(message) < _BODY + _EVENT.size:
            return
        what, _cpu, _nanoseconds, _thread, process = _EVENT.unpack_from(message, _BODY)
        if what != _EVENT_EXEC:  # kernels before 6.6 do not filter
            return
        try:
            path = program(process)
        except PermissionError:
            backlog.put(Missed(1, "not permitted"))
        except OSError:
            backlog.put(Missed(1, GONE))
        else:
            backlog.put(Launch(process, path, self._clock.now()))


def _hasten() -> None:
    """Lets this thread run as soon as it is woken: a short program is over in half a millisecond.

    On two busy cores, of 500 launches of ``true`` 200 were missed at ordinary priority, and none so. The kernel's
    real-time throttling bounds what a flood of launches could take.
    """
    policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        os.sched_setscheduler(0, policy, os.sched_param(os.sched_get_priority_min(os.SCHED_RR)))


def _subscribe() -> socket.socket:
    """A socket on which exec events arrive. Raises ``NotPermitted`` or ``Unsupported``."""
    if os.geteuid() != 0:
        raise NotPermitted(
            "only root is told of every launch", "run the agent as root, or let it poll /proc"
        )
    try:
        connection = socket.socket(
            socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, _NETLINK_CONNECTOR
        )
    except OSError as error:
        raise _unsupported() from error
    try:
        _widen(connection)
        connection.bind((0, _CN_IDX_PROC))
        _send(connection, struct.pack("=I", _LISTEN), os.getpid())
        _await_answer(connection, os.getpid())
        # Since Linux 6.6 a listener names the events it wants; earlier kernels ignore a message of this size.
        _send(connection, struct.pack("=II", _LISTEN, _EVENT_EXEC), os.getpid())
    except PermissionError as error:
        connection.close()
        raise NotPermitted(
            "the process connector is closed to this process",
            "give it CAP_NET_ADMIN, or poll /proc",
        ) from error
    except OSError as error:
        connection.close()
        raise _unsupported() from error
    return connection


def _widen(connection: socket.socket) -> None:
    try:
        connection.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except PermissionError:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)


def _send(connection: socket.socket, body: bytes, token: int) -> None:
    packet = _CONNECTOR.pack(_CN_IDX_PROC, _CN_VAL_PROC, token, token, len(body), 0) + body
    header = _NETLINK.pack(_NETLINK.size + len(packet), _NLMSG_DONE, 0, token, 0)
    connection.sendto(header + packet, (0, 0))


def _await_answer(connection: socket.socket, token: int) -> None:
    """Waits until the kernel has accepted the request of ``token``. Raises ``OSError``.

    Inside a process namespace it says nothing at all: then this source would be silent for ever.
    """
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    clock = SystemClock()
    until = clock.monotonic() + _ANSWER_SECONDS
    while (left := until - clock.monotonic()) > 0 and poll.poll(left * 1000):
        message = connection.recv(4096)
        if len(message) < _BODY + _EVENT.size:
            continue
        _idx, _val, _sequence, ack, _length, _flags = _CONNECTOR.unpack_from(message, _NETLINK.size)
        what, _cpu, _nanoseconds, failure, _ = _EVENT.unpack_from(message, _BODY)
        if what == _EVENT_NONE and ack == token + 1:
            if failure:
                raise OSError(failure, os.strerror(failure))
            return
    raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def _unsupported() -> Unsupported:
    return Unsupported(
        "this kernel does not tell of launches here",
        "run the agent outside containers on a kernel with CONFIG_PROC_EVENTS, or let it poll /proc",
    )
