"""The sandbox as a host sees it: a worker for each parser, there while it is asked."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vedette.clock import Clock
from vedette.errors import SandboxError, Unreadable
from vedette.host import Parser

if TYPE_CHECKING:
    from vedette.sandbox.sandbox import Sandbox

T = TypeVar("T")
_IDLE: Final = 3.0  # seconds that a worker is kept for the next file
_NICE: Final = 10


class SandboxedParsers:
    """Runs any ``Parser`` on a file, each in a worker of its own. Threads may share it.

    Only Linux shuts a worker in so far; elsewhere every file is ``Unreadable``, rather than looked at in the open.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sandboxes: dict[Parser[Any], Sandbox[Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, parser: Parser[T], descriptor: int, /, **arguments: object) -> T:
        """See ``ShutIn``."""
        if parser.dated:
            arguments["now"] = self._clock.now()
        try:
            return self._sandbox(parser).call(descriptor, **arguments)
        except SandboxError as error:
            raise Unreadable(error.reason) from error

    def tidy(self) -> None:
        """Collects the workers that have ended of themselves."""
        for sandbox in self._all():
            sandbox.tidy()

    def close(self) -> None:
        """Ends all workers."""
        for sandbox in self._all():
            sandbox.close()

    def _all(self) -> list[Sandbox[Any]]:
        with self._lock:
            return list(self._sandboxes.values())

    def _sandbox(self, parser: Parser[T]) -> Sandbox[T]:
        if sys.platform == "linux":
            from vedette.sandbox.limits import Limits  # noqa: PLC0415 - there is none elsewhere
            from vedette.sandbox.sandbox import Sandbox  # noqa: PLC0415 - likewise

            with self._lock:
                if parser not in self._sandboxes:
                    limits = Limits(
                        memory=parser.memory, answer=parser.longest, idle=_IDLE, nice=_NICE
                    )
                    self._sandboxes[parser] = Sandbox(
                        parser.entry, parser.answer, limits, self._clock
                    )
                return self._sandboxes[parser]
        raise Unreadable("cannot be looked at here")
