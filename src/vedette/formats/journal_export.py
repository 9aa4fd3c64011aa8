"""systemd's Journal Export Format (https://systemd.io/JOURNAL_EXPORT_FORMATS/): a stream of entries, piece by piece.

A field is a line ``NAME=value``; or, where the value has line ends in it, a line ``NAME``, eight bytes of length
(little endian), and that many bytes. An empty line ends an entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NAME: Final = re.compile(rb"[A-Z0-9_]{1,64}")
_LENGTH: Final = 8
_MOST_FIELDS: Final = 1024  # as the journal itself has it


class JournalExport:
    """Fed with pieces of a stream, it tells the entries that are complete; of each value ``longest`` bytes at most."""

    def __init__(self, longest: int = 64 << 10) -> None:
        self._longest = longest
        self._data = b""
        self._entry: dict[str, str] = {}
        self._binary: tuple[str, int, bytes] | None = (
            None  # a value that is being read: how much is missing
        )
        self._long = False  # the rest of a line that is too long
        self.damaged = 0
        """How many lines were no fields."""

    def feed(self, data: bytes) -> Iterator[dict[str, str]]:
        """The entries that ``data`` completes."""
        self._data += data
        while True:
            if self._binary:
                if not self._take_binary(*self._binary):
                    return
                continue
            line, end, rest = self._data.partition(b"\n")
            if not end:
                if len(self._data) > self._longest + 66:
                    if not self._long:
                        self._take_line(self._data)
                    self._data, self._long = b"", True
                return
            if self._long:
                self._data, self._long = rest, False
            elif line and b"=" not in line and _NAME.fullmatch(line):
                if len(rest) < _LENGTH:
                    return
                length = int.from_bytes(rest[:_LENGTH], "little")
                # Counted with the line's end behind it.
                self._binary, self._data = (line.decode(), length + 1, b""), rest[_LENGTH:]
            else:
                self._data = rest
                if line:
                    self._take_line(line)
                elif self._entry:
                    entry, self._entry = self._entry, {}
                    yield entry

    def end(self) -> Iterator[dict[str, str]]:
        """Nothing more will come: the last entry, where its empty line is missing."""
        if self._data or self._binary:
            self.damaged += 1
        elif self._entry:
            yield self._entry
        self._data, self._binary, self._entry = b"", None, {}

    def _take_line(self, line: bytes) -> None:
        name, equals, value = line.partition(b"=")
        if equals and _NAME.fullmatch(name):
            self._put(name.decode(), value)
        else:
            self.damaged += 1

    def _take_binary(self, name: str, missing: int, value: bytes) -> bool:
        """Whether the value that is being read is complete."""
        piece, self._data = self._data[:missing], self._data[missing:]
        value += piece[: self._longest + 1 - len(value)]
        missing -= len(piece)
        self._binary = (name, missing, value) if missing else None
        if missing:
            return False
        if not piece.endswith(b"\n"):
            self.damaged += 1
        self._put(name, value.removesuffix(b"\n"))
        return True

    def _put(self, name: str, value: bytes) -> None:
        if len(self._entry) < _MOST_FIELDS:
            self._entry[name] = value[: self._longest].decode("utf-8", "replace")
        else:
            self.damaged += 1
