"""Calls a function in a worker, one call at a time, and replaces the worker whenever that is due."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import stat
import threading
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import msgspec

from vedette.clock import Clock
from vedette.errors import CallCrashed, CallFailed, SandboxError
from vedette.sandbox.limits import Limits
from vedette.sandbox.process import Ended, WorkerProcess

log = logging.getLogger(__name__)

T = TypeVar("T")


class Sandbox(Generic[T]):
    """Runs ``entry`` ("module:function") in a worker and decodes what it answers as ``answer``.

    The function takes a descriptor and keyword arguments. The worker is started at the first call, again after one
    that ended it, and after ``limits.calls``; it ends by itself when idle, and with the thread that started it.
    Threads may share a sandbox; their calls wait for each other.
    """

    def __init__(self, entry: str, answer: type[T], limits: Limits, clock: Clock) -> None:
        self._entry = entry
        self._decoder: Final = msgspec.msgpack.Decoder(answer)
        self._limits = limits
        self._clock = clock
        self._worker: WorkerProcess | None = None
        self._lock = threading.Lock()
        self._told = False

    def call(self, descriptor: int, **arguments: object) -> T:
        """What the function says of the regular file that is open for reading only as ``descriptor``.

        The position of the descriptor is the function's to move. Raises ``CallFailed`` where the function does, one
        of the other ``Call…`` errors where it cost the worker, and ``SandboxUnusable`` where there is none to be
        had.
        """
        _check(descriptor)
        encoded = msgspec.msgpack.encode(arguments)
        with self._lock:
            try:
                answer = self._answer(descriptor, encoded)
                return self._decoder.decode(answer)
            except CallFailed:
                raise
            except SandboxError:
                self._end()
                raise
            except msgspec.DecodeError as error:
                self._end()
                raise CallCrashed("its answer has another form") from error
            except BaseException:  # an interrupt leaves an answer under way
                self._end()
                raise

    @property
    def lacks(self) -> tuple[str, ...]:
        """What the system could not bar the worker from; known once it has been started."""
        return self._worker.lacks if self._worker else ()

    @property
    def worker(self) -> int | None:
        """The process id of the worker that was started last, unless its end is known."""
        with self._lock:
            return self._worker.pid if self._worker else None

    @property
    def resident(self) -> bool:
        """Whether a worker is there."""
        with self._lock:
            return self._worker is not None and self._worker.running

    def tidy(self) -> None:
        """Collects a worker that has ended of itself."""
        with self._lock:
            if self._worker is not None and not self._worker.running:
                self._end()

    def close(self) -> None:
        """Ends the worker. A later call starts another."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answer(self, descriptor: int, arguments: bytes) -> bytes:
        with contextlib.suppress(Ended):
            return self._ready().call(descriptor, arguments)
        self._end()  # its idle time was over just now: it never saw the file
        try:
            return self._ready().call(descriptor, arguments)
        except Ended:
            raise CallCrashed("it left without an answer") from None

    def _ready(self) -> WorkerProcess:
        worker = self._worker
        if worker is not None and (not worker.running or worker.calls >= self._limits.calls):
            self._end()
        if self._worker is None:
            self._worker = WorkerProcess(self._entry, self._limits, self._clock)
            if self._worker.lacks and not self._told:
                self._told = True
                log.warning(
                    "this system cannot shut a worker in fully",
                    extra={"lacks": list(self._worker.lacks)},
                )
        return self._worker

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()


def _check(descriptor: int) -> None:
    """A worker must not be handed the means to change anything, nor a folder to look for names in."""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CallFailed("not a regular file")
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
            raise CallFailed("not open for reading only")
    except OSError as error:
        raise CallFailed("not open") from error
