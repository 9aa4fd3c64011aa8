"""What other products and people at the computer report by hand: one launch, download or detection."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from vedette.activity import Finding
from vedette.activity.detections import Detection
from vedette.activity.downloads import Download, download, is_signed
from vedette.activity.launches import launch
from vedette.activity.operations import OPERATIONS, Operation, operation
from vedette.clock import Clock
from vedette.endpoint.hashing import Hashes, opened
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.intake import Intake
from vedette.endpoint.origins import Origins
from vedette.endpoint.protection import Answer, Outcome, Protection
from vedette.errors import ConsentMissing, Unreadable
from vedette.facts.kinds import Files, Moment, Name, Path, Sha256, Size, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.web import Url

_File = tuple[Name, Size | None, Sha256 | None, Path]


@dataclass(frozen=True, slots=True)
class ObservedLaunch:
    """What protection said of a launch, and whether it was put into the spool."""

    answer: Answer
    reported: bool


class Observing:
    """Takes observations for ``intake``; asks ``protection`` about launches."""

    def __init__(
        self,
        intake: Intake,
        protection: Protection,
        hashes: Hashes,
        inspections: Inspections,
        private: PrivateNames,
        clock: Clock,
        origins: Origins,
    ) -> None:
        self._intake = intake
        self._protection = protection
        self._hashes = hashes
        self._inspections = inspections
        self._private = private
        self._clock = clock
        self._origins = origins

    def launch(
        self, path: str, time: datetime | None = None, product: str | None = None
    ) -> ObservedLaunch:
        """The file at ``path`` is about to be started, says ``product``: may it be, and is it reported?

        One that may not is reported without the facts about its content: the answer is waited for.

        Raises ``ConsentMissing`` where there is neither consent to report launches nor protection to ask,
        ``Unreadable`` where the file cannot be read.
        """
        covered = self._intake.covers("launches")
        if not covered and not self._protection.wanted:
            raise _missing("launches")
        path = os.path.realpath(path)
        with opened(path) as descriptor:
            hashed = self._hashes.of(descriptor)
            answer = self._protection.ask(path, descriptor, hashed.sha256, started=False)
            content = (
                self._inspections.of(descriptor, hashed.sha256)
                if covered and answer.outcome is not Outcome.DENIED
                else None
            )
        record = launch(
            path,
            hashed.sha256,
            hashed.facts,
            time or self._clock.now(),
            self._private,
            product,
            content,
        )
        return ObservedLaunch(answer, covered and self._intake.report("launches", [record]))

    def download(
        self, path: str, url: str, time: datetime | None = None, product: str | None = None
    ) -> Download | None:
        """The file at ``path`` was downloaded from ``url``; returns what was put into the spool, ``None`` where the
        file carries no signature: then it is not reported.

        Raises ``ConsentMissing``, ``ValueRefused`` where ``url`` is none, ``Unreadable`` where the file cannot be read
        or nothing is found out about it.
        """
        if not self._intake.covers("downloads"):
            raise _missing("downloads")
        address = Url(url, self._private)
        with opened(os.path.realpath(path)) as descriptor:
            hashed = self._hashes.of(descriptor)
            facts = self._inspections.of(descriptor, hashed.sha256)
        if facts is None:
            raise Unreadable("it cannot be looked at")
        if not is_signed(facts):
            return None
        record = download(address, facts, time or self._clock.now(), self._private, product)
        if not self._intake.report("downloads", [record]):
            raise _missing("downloads")
        return record

    def detection(
        self,
        paths: Sequence[str],
        threat: str,
        *,
        action: str | None = None,
        application: str | None = None,
        product: str | None = None,
        time: datetime | None = None,
    ) -> Detection:
        """A threat was found in the files at ``paths``; returns what was put into the spool.

        A file that cannot be read (any more) is reported by name and place alone. Raises ``ConsentMissing``,
        and ``ValueRefused`` where ``action`` is no word.
        """
        if not self._intake.covers("detections"):
            raise _missing("detections")
        record = self.found(Finding(threat, tuple(paths), time, action, application, product))
        if not self._intake.report("detections", [record]):
            raise _missing("detections")
        return record

    def operation(
        self,
        kind: str,
        application: str,
        rule: str,
        action: str,
        *,
        target: str | None = None,
        product: str | None = None,
        time: datetime | None = None,
    ) -> Operation:
        """Something was stopped or flagged for what it did; returns what was put into the spool.

        Raises ``ConsentMissing``, and ``ValueRefused`` where ``kind`` or ``action`` is no word.
        """
        if not self._intake.covers(OPERATIONS):
            raise _missing(OPERATIONS)
        record = operation(
            kind,
            rule,
            action,
            time or self._clock.now(),
            self._private,
            application=application,
            target=target,
            product=product,
        )
        if not self._intake.report(OPERATIONS, [record]):
            raise _missing(OPERATIONS)
        return record

    def found(self, finding: Finding) -> Detection:
        """The record of ``finding``, with what can still be read of its files; reports nothing.

        Raises ``ValueRefused`` where the action is no word.
        """
        found = [self._found(os.path.realpath(path)) for path in finding.paths]
        return Detection(
            threat=Name(finding.threat, self._private),
            time=Moment(finding.time or self._clock.now()),
            files=Files(file for file, _ in found),
            action=Word(finding.action) if finding.action else None,
            application=Name(finding.application, self._private) if finding.application else None,
            product=Name(finding.product, self._private) if finding.product else None,
            origin=next((origin for _, origin in found if origin is not None), None),
        )

    def _found(self, path: str) -> tuple[_File, Url | None]:
        """What can be read of a file, and where it came from."""
        place = PurePosixPath(path)
        name, folder = Name(place.name, self._private), Path(str(place.parent), self._private)
        with suppress(Unreadable), opened(path) as descriptor:
            hashed, origin = self._hashes.of(descriptor), self._origins.of(path, descriptor)
            return (name, Size(hashed.facts.size), Sha256(hashed.sha256), folder), origin
        return (name, None, None, folder), None


def _missing(item: str) -> ConsentMissing:
    return ConsentMissing(
        f"there is no consent to report {item}", "see `vedette consent show` and grant it first"
    )
