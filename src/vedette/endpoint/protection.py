"""Protection: what happens to a file that the network warns of. The computer's own safety outranks any
signature.

Only a ``block`` that has not expired is acted on. A file that the computer needs itself (its loader, its
packages' files, the agent) is left alone whatever the verdict. A brake stops refusing when unusually many
different files would be refused: more likely the network's key was stolen, or its judgement failed, than that
this computer suddenly runs so many new threats.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from vedette.activity.refusals import FileRefusal
from vedette.clock import Clock
from vedette.endpoint.hashing import Hashes
from vedette.endpoint.intake import Intake
from vedette.endpoint.origins import Origins
from vedette.endpoint.refusals import Refusals
from vedette.endpoint.settings import ProtectionSettings
from vedette.endpoint.verdict_store import VerdictStore
from vedette.errors import StoreError, Unreadable
from vedette.facts.kinds import Count, Moment, Name, Path, Sha256, Word
from vedette.facts.privacy import PrivateNames
from vedette.host import OpenedFile
from vedette.verdicts.verdict import Verdict

log = logging.getLogger(__name__)

Immunity = Callable[[str, int], str | None]
"""Why the file at a path, open as a descriptor, must never be refused, in a few words; ``None`` where it may
be.
"""


class Outcome(StrEnum):
    """How an execution ended. ``STARTED``: it would have been refused, but had started already."""

    ALLOWED = "allowed"
    DENIED = "denied"
    STARTED = "started"
    IMMUNE = "immune"
    BRAKED = "braked"


REFUSED: Final = (Outcome.DENIED, Outcome.STARTED)
REPORT_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What protection says of a file: the outcome, the verdict it rests on, and why it was left alone, where
    it was.
    """

    outcome: Outcome
    verdict: Verdict | None = None
    reason: str = ""


def decide(verdict: Verdict | None, immunity: str | None, *, braked: bool, started: bool) -> Answer:
    """The one decision. ``verdict`` is one that holds now; ``started`` says that it comes too late to deny."""
    if verdict is None or verdict.verdict != "block":
        return Answer(Outcome.ALLOWED, verdict)
    if immunity is not None:
        return Answer(Outcome.IMMUNE, verdict, immunity)
    if braked:
        return Answer(Outcome.BRAKED, verdict, "too many different files would be refused")
    return Answer(Outcome.STARTED if started else Outcome.DENIED, verdict)


class Brake:
    """Holds for a whole window once more different files than allowed would be refused within one.

    It reads what is on record, so it holds across restarts and for the command line as well.
    """

    def __init__(self, refusals: Refusals, clock: Clock, settings: ProtectionSettings) -> None:
        self._refusals = refusals
        self._clock = clock
        self._most = settings.brake_refusals
        self._window = settings.brake_window

    def holds(self, sha256: str) -> bool:
        """Whether refusing the file of this digest must be left off. Pulls the brake where it is the one too
        many.
        """
        now = self._clock.now()
        # A time further off than the window was set by a clock that ran ahead.
        if now < self._refusals.braked_until <= now + self._window:
            return True
        if self._refusals.different(REFUSED, self._window, besides=sha256) < self._most:
            return False
        self._refusals.braked_until = now + self._window
        log.warning("protection braked", extra={"different_files": self._most})
        return True


class Protection:
    """Asks the ``store`` about files while protection is ``wanted``, and keeps what was refused.

    Locally always; for the network through ``intake``, once an hour for a file and outcome.
    """

    def __init__(
        self,
        store: VerdictStore,
        immunity: Immunity,
        intake: Intake,
        private: Callable[[], PrivateNames],
        wanted: Callable[[], bool],
        clock: Clock,
        settings: ProtectionSettings,
        origins: Origins,
    ) -> None:
        self._store = store
        self._origins = origins
        self._immunity = immunity
        self._intake = intake
        self._private = private
        self._wanted = wanted
        self._clock = clock
        self._brake = Brake(store.refusals, clock, settings)

    @property
    def wanted(self) -> bool:
        """Whether protection is switched on."""
        return self._wanted()

    def ask(self, path: str, descriptor: int, sha256: bytes, *, started: bool) -> Answer:
        """What becomes of the file at ``path``, open as ``descriptor``, with this digest. Raises
        ``StoreUnusable``.
        """
        if not self._wanted():
            return Answer(Outcome.ALLOWED)
        verdict = self._store.find(sha256)
        if verdict is None or verdict.verdict != "block":
            return Answer(Outcome.ALLOWED, verdict)
        immunity = self._immunity(path, descriptor)
        braked = immunity is None and self._brake.holds(verdict.subject)
        answer = decide(verdict, immunity, braked=braked, started=started)
        self._keep(path, descriptor, sha256, verdict, answer)
        return answer

    def decider(self, hashes: Hashes) -> Callable[[OpenedFile], bool]:
        """What execution control asks: whether a file that is about to be executed may be."""

        def allows(file: OpenedFile) -> bool:
            if not self._wanted():
                return True
            try:
                hashed = hashes.of(file.descriptor)
            except Unreadable as error:
                log.warning("an execution was allowed unread", extra={"reason": error.reason})
                return True
            answer = self.ask(file.path, file.descriptor, hashed.sha256, started=False)
            return answer.outcome is not Outcome.DENIED

        return allows

    def _keep(
        self, path: str, descriptor: int, sha256: bytes, verdict: Verdict, answer: Answer
    ) -> None:
        """Writes down how it ended. That it cannot be written changes nothing about the answer."""
        self._intake.count(f"protection_{answer.outcome}")
        try:
            self._store.refusals.record(path, answer.outcome, verdict, answer.reason)
            self._intake.report_once(
                "refusals",
                hashlib.sha256(sha256 + answer.outcome.encode()).digest(),
                REPORT_AGAIN,
                lambda: self._record(path, descriptor, sha256, verdict, answer),
            )
        except StoreError:
            log.exception("a refusal could not be written down")

    def _record(
        self, path: str, descriptor: int, sha256: bytes, verdict: Verdict, answer: Answer
    ) -> FileRefusal:
        place, private = PurePosixPath(path), self._private()
        return FileRefusal(
            file=Sha256(sha256),
            name=Name(place.name, private),
            folder=Path(str(place.parent), private),
            verdict=Word(verdict.verdict),
            serial=Count(verdict.serial),
            outcome=Word(answer.outcome),
            origin=self._origins.of(path, descriptor),
            time=Moment(self._clock.now()),
        )
