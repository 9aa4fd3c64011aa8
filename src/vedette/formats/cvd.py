"""The head of ClamAV's databases, CVD and CLD: 512 bytes of text, parts set apart by colons (libclamav, cvd.c)."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Final

import msgspec

from vedette.errors import Unreadable

_BYTES: Final = 512
_MAGIC: Final = b"ClamAV-VDB:"
_FIRST_YEAR: Final = 2001  # before it there was no ClamAV
_FORM: Final = "%d %b %Y %H-%M %z"
# ClamAV-VDB:build time:version:signatures:functionality level:MD5:digital signature:builder:build time as seconds
_TIME, _VERSION, _SECONDS = 1, 2, 8


class DatabaseHead(msgspec.Struct, frozen=True):
    """``version`` counts the database's editions; ``built`` (UTC) is ``None`` where it does not say."""

    version: int
    built: datetime | None


def head(descriptor: int) -> DatabaseHead:
    """The head of the database open as ``descriptor``. Raises ``Unreadable`` where it is none."""
    data = os.pread(descriptor, _BYTES, 0)
    fields = data.decode("ascii", "replace").rstrip(" \0\n").split(":")
    if not data.startswith(_MAGIC) or len(fields) <= _VERSION or not fields[_VERSION].isdecimal():
        raise Unreadable("not a database of ClamAV")
    return DatabaseHead(int(fields[_VERSION]), _built(fields))


def _built(fields: list[str]) -> datetime | None:
    seconds = fields[_SECONDS].strip() if len(fields) > _SECONDS else ""
    try:
        if seconds.isdecimal() and len(seconds) <= 12:
            return datetime.fromtimestamp(int(seconds), UTC)
        found = datetime.strptime(fields[_TIME], _FORM).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.year >= _FIRST_YEAR else None
