"""Executions that wait for an answer, and who gives it: a decision, or the clock. The system's part is one
function.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from vedette.clock import Clock
from vedette.host import ExecutionCounts, OpenedFile

log = logging.getLogger(__name__)

# Each pending file is an open descriptor, and a process has only so many.
_PENDING = 256


@dataclass(slots=True, eq=False)
class _Case:
    opened: OpenedFile
    due: float
    answered: bool = False
    taken: bool = False


class Docket:
    """Each execution is answered exactly once, by whoever comes first: the deciding thread, or at its due time
    ``allow_overdue``.

    ``answer`` tells the system (descriptor, allow?); it must not block. Only the deciding thread writes logs, for
    that may block too. The deciding thread also closes the descriptor of a case that it took, even if that was
    answered meanwhile: it may be reading.
    """

    def __init__(self, answer: Callable[[int, bool], None], clock: Clock, deadline: float) -> None:
        self._answer = answer
        self._clock = clock
        self._deadline = deadline
        self._cases: deque[_Case] = deque()  # by due time
        self._waiting: deque[_Case] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.counts = ExecutionCounts()

    def count(self, allowed: int = 0, denied: int = 0, overdue: int = 0, errors: int = 0) -> None:
        with self._changed:
            now = self.counts
            self.counts = replace(
                now,
                allowed=now.allowed + allowed,
                denied=now.denied + denied,
                overdue=now.overdue + overdue,
                errors=now.errors + errors,
            )

    def admit(self, opened: OpenedFile) -> None:
        """Puts up a file for decision; the one that waits longest is allowed if there are too many."""
        case = _Case(opened, self._clock.monotonic() + self._deadline)
        with self._changed:
            self._cases.append(case)
            self._waiting.append(case)
            self._changed.notify_all()
            if len(self._cases) > _PENDING:
                self._allow(self._cases.popleft())

    def pass_by(self, descriptor: int, *, error: bool = False) -> None:
        """Allows a file without asking."""
        self._tell(descriptor, allow=True)
        os.close(descriptor)
        self.count(allowed=int(not error), errors=int(error))

    def allow_overdue(self) -> float:
        """Allows what has passed its deadline; seconds until the next will have."""
        with self._changed:
            while self._cases:
                left = self._cases[0].due - self._clock.monotonic()
                if left > 0 and not self._cases[0].answered:
                    return left
                self._allow(self._cases.popleft())
        return self._deadline

    def decide_all(self, decide: Callable[[OpenedFile], bool]) -> None:
        """The deciding thread, until the docket is closed."""
        while (case := self._take()) is not None:
            try:
                allow = bool(decide(case.opened))
            except Exception:  # the outermost loop: a failing decision must not end all later ones
                log.exception("execution decision failed")
                if self._settle(case, allow=True):
                    self.count(errors=1)
            else:
                if self._settle(case, allow=allow):
                    self.count(allowed=int(allow), denied=int(not allow))
            finally:
                os.close(case.opened.descriptor)

    def close(self) -> None:
        """Allows all that is pending; the deciding thread ends with the decision that it is at."""
        with self._changed:
            self._closed = True
            while self._cases:
                self._allow(self._cases.popleft())
            self._changed.notify_all()

    def _allow(self, case: _Case) -> None:
        if self._settle(case, allow=True):
            self.count(overdue=1)
            if not case.taken:
                self._waiting.remove(case)
                os.close(case.opened.descriptor)

    def _take(self) -> _Case | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            case = self._waiting.popleft()
            case.taken = True
            return case

    def _settle(self, case: _Case, *, allow: bool) -> bool:
        """Answers ``case`` unless it was answered before; whether this did."""
        with self._changed:
            if case.answered:
                return False
            case.answered = True
            self._tell(case.opened.descriptor, allow=allow)
            return True

    def _tell(self, descriptor: int, *, allow: bool) -> None:
        try:
            self._answer(descriptor, allow)
        except OSError:
            self.count(errors=1)
