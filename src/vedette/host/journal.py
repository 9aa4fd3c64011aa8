"""Entries of systemd's journal, from its export format: as they come, or from a file of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from vedette.clock import EPOCH
from vedette.formats.journal_export import JournalExport
from vedette.host.events import Gap, LogEntry

FIELDS: Final = ("MESSAGE", "SYSLOG_IDENTIFIER", "_COMM", "_TRANSPORT", "_UID")
DAMAGED: Final = "a part of the journal is damaged"
# systemd.io/UIDS-GIDS: from here on people's accounts, but for those of "nobody" and of dynamic users.
PEOPLE: Final = range(1000, 61184)


def entry_of(fields: Mapping[str, str]) -> LogEntry | None:
    """The entry that the journal's ``fields`` make; ``None`` for one without text, and for one that a person's program
    wrote: it may call itself whatever it likes.
    """
    text, user = fields.get("MESSAGE"), fields.get("_UID", "")
    program = fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM")
    kernel = fields.get("_TRANSPORT") == "kernel"
    if text is None or not program or (program == "kernel" and not kernel):
        return None
    if user.isdecimal() and len(user) < 10 and int(user) in PEOPLE:
        return None
    micros = fields.get("__REALTIME_TIMESTAMP", "")
    try:
        time = EPOCH + timedelta(microseconds=int(micros))
    except (ValueError, OverflowError):
        time = None
    return LogEntry(program, text, time)


def exported(pieces: Iterable[bytes]) -> Iterator[LogEntry | Gap]:
    """The entries of a journal that was exported: of a file, in ``pieces``."""
    export = JournalExport()
    for piece in pieces:
        for fields in export.feed(piece):
            if entry := entry_of(fields):
                yield entry
    for fields in export.end():
        if entry := entry_of(fields):
            yield entry
    if export.damaged:
        yield Gap(export.damaged, DAMAGED)
