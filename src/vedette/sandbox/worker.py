"""``python -m vedette.sandbox.worker FUNCTION PARENT LIMITS``: the child process, its socket as standard input.

FUNCTION is ``module:name``, PARENT the parent's process id, LIMITS JSON. The function is called with a descriptor and
the request's arguments by name, and its result is what msgspec can encode. Everything that it imports, or reads
beside the file, must be in memory before the doors close: by importing its module, or in a function ``prepare``
of that module, which is called then.
"""

from __future__ import annotations

import codecs
import gc
import importlib
import math
import os
import resource
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

from vedette.errors import VedetteError
from vedette.sandbox import doors
from vedette.sandbox.channel import READY, Outcome, Request, receive_request, send_answer
from vedette.sandbox.limits import Limits

# An encoding is a module that its first use imports.
_ENCODINGS: Final = ("ascii", "cp1252", "latin-1", "utf-8-sig", "utf-16-be", "utf-16-le", "utf-32")
_SOCKET: Final = 0

Function = Callable[..., Any]


def main(entry: str, parent: str, limits: str) -> int:
    """Serves until the parent closes the socket or has asked nothing for so long; the exit status."""
    bounds = msgspec.json.decode(limits, type=Limits)
    os.nice(bounds.nice)
    with socket.socket(fileno=_SOCKET) as channel:
        try:
            function = _prepared(entry)
            _wait_no_longer_than(channel, bounds.idle)
            lacks = doors.close(bounds, int(parent))
        except Exception as error:  # noqa: BLE001 - the parent is told, and has no other way to learn it
            send_answer(channel, READY, Outcome.FAILED, type(error).__name__.encode())
            return 1
        send_answer(channel, READY, Outcome.ANSWERED, msgspec.msgpack.encode(lacks))
        _serve(channel, function, bounds)
    return 0


def _prepared(entry: str) -> Function:
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    name, _, function = entry.partition(":")
    module = importlib.import_module(name)
    if hasattr(module, "prepare"):
        module.prepare()
    gc.collect()
    gc.freeze()  # what is here now stays: no collection need look at it again
    found: Function = getattr(module, function)
    return found


def _serve(channel: socket.socket, function: Function, limits: Limits) -> None:
    while True:
        try:
            request = receive_request(channel)
        except BlockingIOError:  # nothing for the whole idle time
            return
        if request is None:
            return
        try:
            size = os.fstat(request.descriptor).st_size
            _allow_processor_time(limits.cpu + limits.more_for(size))
            outcome, body = _outcome(function, request)
        finally:
            os.close(request.descriptor)
        send_answer(channel, request.number, outcome, body)


def _outcome(function: Function, request: Request) -> tuple[Outcome, bytes]:
    try:
        arguments = msgspec.msgpack.decode(request.arguments, type=dict[str, Any])
        result = function(request.descriptor, **arguments)
        return Outcome.ANSWERED, msgspec.msgpack.encode(result)
    except MemoryError:
        return Outcome.EXHAUSTED, b""
    except VedetteError as error:
        return Outcome.FAILED, str(getattr(error, "reason", error.message)).encode()
    except Exception as error:  # noqa: BLE001 - one file's failure is the answer about that file
        return Outcome.FAILED, type(error).__name__.encode()


def _allow_processor_time(seconds: float) -> None:
    """Has the system end this process once it has computed for so much longer (SIGXCPU, setrlimit(2))."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = until if hard == resource.RLIM_INFINITY else min(until, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _wait_no_longer_than(channel: socket.socket, seconds: float) -> None:
    """Receiving raises ``BlockingIOError`` after that (SO_RCVTIMEO, socket(7)); a Python timeout would need poll(2)."""
    fraction, whole = math.modf(seconds)
    interval = struct.pack("@ll", int(whole), int(fraction * 1_000_000))
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)


if __name__ == "__main__":
    # Without the interpreter's clean-up, which may need what is behind the doors.
    os._exit(main(*sys.argv[1:]))
