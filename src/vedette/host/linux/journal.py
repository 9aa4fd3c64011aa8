"""The systemd journal, followed through ``journalctl``: its files' format is systemd's own business."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import Final

from vedette.clock import Clock, SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.formats.journal_export import JournalExport
from vedette.host.events import Gap, LogEntry, Mark
from vedette.host.journal import DAMAGED, FIELDS, entry_of

_CHUNK: Final = 64 << 10
_STOP_MILLISECONDS: Final = 500
_END_SECONDS: Final = 1.0
_AGAIN: Final = 5.0  # seconds before journalctl is called again
_SOCKET: Final = "/run/systemd/journal/socket"
_LONGEST: Final = 4096  # characters of a cursor; they have some 130


def journal_runs() -> bool:
    """Whether this computer's system log is a journal."""
    return os.path.exists(_SOCKET)


class Journal:
    """What ``programs`` write into the journal. ``command`` is how journalctl is called."""

    name = "journal"

    def __init__(
        self,
        programs: Iterable[str],
        command: tuple[str, ...] = ("journalctl",),
        clock: Clock | None = None,
    ) -> None:
        self._programs = sorted(programs)
        self._command = command
        self._clock = clock or SystemClock()

    def entries(
        self, after: Mark | None, stop: threading.Event
    ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
        """See ``Log``. A mark is the journal's own cursor; empty where the journal was."""
        if after is None:
            after = Mark(self._last())
            yield after, Gap(0, "begun")
        while not stop.is_set():
            for told in self._follow(after, stop):
                after = told[0] if told else after
                yield told
            yield None
            self._clock.sleep(_AGAIN, stop)

    def _follow(
        self, mark: Mark, stop: threading.Event
    ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
        """From ``mark`` on, until journalctl ends. Raises ``NotPermitted`` where it is told nothing."""
        export = JournalExport()
        place = [f"--after-cursor={mark.value}"] if mark.value else []
        with self._running("--follow", "--no-tail", *place) as (process, descriptor):
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while not stop.is_set():
                if not poll.poll(_STOP_MILLISECONDS):
                    yield None
                    continue
                data = os.read(descriptor, _CHUNK)
                for fields in export.feed(data):
                    mark = Mark(fields.get("__CURSOR", "")[:_LONGEST])
                    if entry := entry_of(fields):
                        yield mark, entry
                if export.damaged:
                    yield mark, Gap(export.damaged, DAMAGED)
                    export.damaged = 0
                if not data:
                    _refused(process)
                    return

    def _last(self) -> str:
        """The cursor of the journal's last entry; empty where it has none."""
        export, read = JournalExport(), b""
        with self._running("--lines=1", everything=True) as (process, descriptor):
            while data := os.read(descriptor, _CHUNK):
                read = data
                for fields in export.feed(data):
                    return fields.get("__CURSOR", "")[:_LONGEST]
            if not read:
                _refused(process)
        return ""

    @contextlib.contextmanager
    def _running(
        self, *arguments: str, everything: bool = False
    ) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """journalctl, and its output. Raises ``Unsupported`` or ``NotPermitted``."""
        identifiers = [] if everything else [f"--identifier={name}" for name in self._programs]
        try:
            process = subprocess.Popen(
                [
                    *self._command,
                    "--system",
                    "--quiet",
                    "--no-pager",
                    "--output=export",
                    f"--output-fields={','.join(FIELDS)}",
                    *identifiers,
                    *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except PermissionError as error:
            raise NotPermitted("journalctl may not be run", "run the agent as root") from error
        except OSError as error:
            raise Unsupported("there is no journalctl", "leave the journal out") from error
        try:
            with process.stdout or contextlib.nullcontext() as output:
                yield process, output.fileno() if output else -1
        finally:
            process.kill()
            process.wait()


def _refused(process: subprocess.Popen[bytes]) -> None:
    """Raises ``NotPermitted`` where journalctl has ended by itself, with an error: it may not read the journal."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        if process.wait(_END_SECONDS) == 1:
            raise NotPermitted("the journal is closed to this user", "run the agent as root")
