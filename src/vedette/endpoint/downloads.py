"""Downloads: of the files that arrive, those that carry a signature and say where they came from are reported."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import threading
from contextlib import closing
from typing import Final

from vedette.activity.downloads import ITEM, download, is_signed
from vedette.clock import Clock
from vedette.endpoint.hashing import Hashes, opened, unreadable
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.intake import Intake
from vedette.endpoint.launches import Allowance
from vedette.endpoint.origins import Origins
from vedette.endpoint.settings import DownloadSettings
from vedette.errors import StoreError, Unreadable
from vedette.facts.web import Url
from vedette.host import Host
from vedette.host.events import Arrival, FolderWatch, Gap

log = logging.getLogger(__name__)

# What begins otherwise is no program that could carry a signature; nothing more of it is read.
_PROGRAM: Final = b"MZ"
_UNCOVERED: Final = 1.0  # seconds between two looks at whether there is consent


class Downloads:
    """Looks at what arrives, and puts the downloads into ``intake``, each once in a while from the same address."""

    def __init__(
        self,
        host: Host,
        intake: Intake,
        hashes: Hashes,
        inspections: Inspections,
        origins: Origins,
        clock: Clock,
        settings: DownloadSettings,
    ) -> None:
        self._host = host
        self._intake = intake
        self._hashes = hashes
        self._inspections = inspections
        self._origins = origins
        self._clock = clock
        self._every = settings.report_again
        self._allowance = Allowance(clock, settings.most_per_second, settings.burst)

    def run(self, watch: FolderWatch, stop: threading.Event) -> None:
        """Until ``stop`` is set. Without consent nothing is watched, and what arrives meanwhile is never looked at.

        Raises ``NotPermitted`` or ``Unsupported`` where ``watch`` cannot be used.
        """
        while not stop.is_set():
            if self._intake.covers(ITEM.name):
                self._follow(watch, stop)
            else:
                self._clock.sleep(_UNCOVERED, stop)

    def _follow(self, watch: FolderWatch, stop: threading.Event) -> None:
        with closing(watch.arrivals(stop)) as arrivals:
            for event in arrivals:
                if not self._intake.covers(ITEM.name):
                    return
                if isinstance(event, Gap):
                    self._intake.count("downloads_missed", event.count)
                else:
                    self.take(event)

    def take(self, arrival: Arrival) -> None:
        """Looks at one file. Without consent it is not opened; what cannot be told of it is counted."""
        if not self._intake.covers(ITEM.name):
            return
        try:
            if stat.S_ISLNK(os.lstat(arrival.path).st_mode):
                return
            with opened(arrival.path) as descriptor:
                self._look(arrival, descriptor)
        except OSError as error:
            self._count_unread(unreadable(error))
        except Unreadable as error:
            self._count_unread(error)
        except StoreError:
            log.exception("a download could not be written down")
            self._intake.count("downloads_unwritten")

    def _look(self, arrival: Arrival, descriptor: int) -> None:
        if os.pread(descriptor, len(_PROGRAM), 0) != _PROGRAM:
            return
        url = self._origins.of(arrival.path, descriptor)
        if url is None:
            self._intake.count("downloads_without_origin")
        elif not self._allowance.take():
            self._intake.count("downloads_over_rate")
        else:
            self._report(arrival, descriptor, url)

    def _report(self, arrival: Arrival, descriptor: int, url: Url) -> None:
        hashed = self._hashes.of(descriptor)
        digest = hashlib.sha256(hashed.sha256 + url.value.encode()).digest()
        if not self._intake.due(ITEM.name, digest, self._every):
            return
        facts = self._inspections.of(descriptor, hashed.sha256)
        if facts is None:
            self._intake.count("downloads_without_facts")
        elif is_signed(facts):
            self._intake.report_once(
                ITEM.name,
                digest,
                self._every,
                lambda: download(url, facts, arrival.time, self._host.private),
            )

    def _count_unread(self, error: Unreadable) -> None:
        self._intake.count("downloads_gone" if error.reason == "gone" else "downloads_unread")
