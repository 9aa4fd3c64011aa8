"""Finds of ClamAV's daemon and of its watch on opened files, from their logs (clamd.conf(5): LogFile, LogTime,
ExtendedDetectionInfo).

A path is whatever somebody called a file, also something that looks like the rest of the line: what follows the last
colon is the daemon's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.activity import Finding, LogSource
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.host.events import LogEntry

_LONGEST: Final = 8192
_FOUND = re.compile(
    r"(?:\w{3} \w{3} +\d{1,2} \d{2}:\d{2}:\d{2} \d{4} -> )?(?P<path>.*): (?P<threat>[^\s:]{1,200}?)"
    r"(?:\([0-9a-f]{32,64}:\d+\))? FOUND",
    re.DOTALL,
)


def read(entry: LogEntry, _: PrivateNames) -> Iterator[Record | Finding]:
    if len(entry.text) > _LONGEST or not entry.text.endswith(" FOUND"):
        return
    if found := _FOUND.fullmatch(entry.text):
        # What was sent over a socket, or handed over as a descriptor, has no path of its own.
        path = found["path"]
        yield Finding(
            threat=found["threat"],
            paths=(path,) if path.startswith("/") else (),
            time=entry.time,
            product="ClamAV",
        )


SOURCE = LogSource("clamd", frozenset({"clamd", "clamonacc"}), read)
