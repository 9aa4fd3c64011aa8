"""A worker as its parent sees it: started, asked, and killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from vedette.clock import Clock
from vedette.errors import (
    CallAnswerTooLarge,
    CallCrashed,
    CallFailed,
    CallOutOfMemory,
    CallTimedOut,
    SandboxUnusable,
)
from vedette.sandbox.channel import READY, Answer, Outcome, receive_answer, send_request
from vedette.sandbox.limits import Limits

_MODULE: Final = "vedette.sandbox.worker"
_HELLO: Final = 4096  # bytes of the longest first answer
_REASON: Final = 200  # characters of the longest reason
_LEAVING: Final = 2.0  # seconds in which a process that closed its socket has ended


class Ended(Exception):
    """The worker had ended of itself before it took the request. Never leaves this package."""


class WorkerProcess:
    """One child that runs the function ``entry``. Raises ``SandboxUnusable`` where it does not become ready."""

    def __init__(self, entry: str, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._number = READY
        self._until = clock.monotonic() + limits.start
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = _spawn(entry, limits, theirs)
        self.lacks = self._hello()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def calls(self) -> int:
        """How many requests it was sent."""
        return self._number

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def call(self, descriptor: int, arguments: bytes) -> bytes:
        """The encoded result for the file open as ``descriptor``.

        Raises the subclasses of ``SandboxError`` that begin with ``Call``, or ``Ended``. After any but
        ``CallFailed`` the process is of no use any more.
        """
        self._number += 1
        wall = self._limits.wall + self._limits.more_for(os.fstat(descriptor).st_size)
        self._until = self._clock.monotonic() + wall
        try:
            self._channel.settimeout(wall)
            send_request(self._channel, self._number, descriptor, arguments)
            answer = receive_answer(self._receive, self._limits.answer)
        except TimeoutError as error:
            raise CallTimedOut from error
        except (OSError, EOFError) as error:
            raise self._how_it_ended() from error
        return self._result(answer)

    def kill(self) -> None:
        """Ends it at once, and leaves nothing of it behind."""
        self._channel.close()
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()

    def _result(self, answer: Answer) -> bytes:
        if answer.number != self._number:
            raise CallCrashed("it answered what was not asked")
        if answer.body is None:
            raise CallAnswerTooLarge
        match answer.outcome:
            case Outcome.ANSWERED:
                return answer.body
            case Outcome.EXHAUSTED:
                raise CallOutOfMemory
            case _:
                raise CallFailed(_phrase(answer.body))

    def _hello(self) -> tuple[str, ...]:
        try:
            number, outcome, body = receive_answer(self._receive, _HELLO)
            if number == READY and outcome == Outcome.ANSWERED and body is not None:
                return msgspec.msgpack.decode(body, type=tuple[str, ...])
            reason = _phrase(body or b"")
        except (OSError, EOFError, msgspec.DecodeError) as error:
            reason = "too slow" if isinstance(error, TimeoutError) else "it ended"
        self.kill()
        raise SandboxUnusable(reason)

    def _receive(self, most: int) -> bytes:
        left = self._until - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        return self._channel.recv(most)

    def _how_it_ended(self) -> Exception:
        try:
            status = self._process.wait(_LEAVING)
        except subprocess.TimeoutExpired:
            return CallCrashed("it closed its socket")
        if status == 0:
            return Ended()
        if status == -signal.SIGXCPU:
            return CallTimedOut()
        return CallCrashed(signal.Signals(-status).name if status < 0 else f"status {status}")


def _spawn(entry: str, limits: Limits, theirs: socket.socket) -> subprocess.Popen[bytes]:
    """A fresh interpreter with this one's import path and nothing else of its environment."""
    command = [sys.executable, "-S", "-P", "-m", _MODULE, entry]
    command += [str(os.getpid()), msgspec.json.encode(limits).decode()]
    places = os.pathsep.join(str(Path(place).absolute()) for place in sys.path)
    environment = {"PYTHONPATH": places, "LC_ALL": "C.UTF-8"}
    if "LD_LIBRARY_PATH" in os.environ:  # the interpreter's own libraries may lie there
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    try:
        return subprocess.Popen(
            command,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,  # a Ctrl-C at the terminal is the parent's affair
        )
    except OSError as error:
        raise SandboxUnusable("the interpreter cannot be started") from error


def _phrase(text: bytes) -> str:
    """``text`` from a process that is not trusted, fit for a line."""
    return "".join(c for c in text.decode("utf-8", "replace")[:_REASON] if c.isprintable())
