"""Desktop entries: the ``.desktop`` files of Linux desktops, and other settings in their form
(freedesktop.org, Desktop Entry Specification 1.5).

Names for people are read untranslated. Where a group or key stands twice, the later counts, as GLib has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from vedette.formats.text import decoded

MAIN: Final = "Desktop Entry"

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_ENTRY = re.compile(r"([^\[\]=\s]+(?: +[^\[\]=\s]+)*)((?:\[[^\]]*\])*)\s*=(.*)", re.DOTALL)
# KDE marks entries with flags ("[$e]": variables are expanded) where others name a language.
_FLAGS = re.compile(r"(?:\[\$[^\]]*\])*")
_LISTED = re.compile(r"(?:\\.|[^;\\]|\\$)+", re.DOTALL)
# An argument in quotes, or one without; and the prefix of field codes, which is doubled where it means itself.
_FIRST = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class DesktopEntry:
    """The entries of each group, as written."""

    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, key: str, group: str = MAIN) -> str | None:
        """The value of ``key`` where it is not empty, escape sequences resolved."""
        raw = self.groups.get(group, {}).get(key, "")
        return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[0]), raw) or None

    def texts(self, key: str, group: str = MAIN) -> tuple[str, ...]:
        """The parts of a value that is a list, without empty ones. A semicolon after a backslash parts nothing."""
        raw = self.groups.get(group, {}).get(key, "")
        escaped = {";": ";"} | _ESCAPED
        parts = (
            _ESCAPE.sub(lambda found: escaped.get(found[1], found[0]), part)
            for part in _LISTED.findall(raw)
        )
        return tuple(part for part in map(str.strip, parts) if part)

    def flag(self, key: str, group: str = MAIN) -> bool | None:
        """Whether ``key`` says yes; ``None`` where it says nothing that is an answer."""
        # "0" and "1" are of older files, which programs still read.
        return {"true": True, "1": True, "false": False, "0": False}.get(
            (self.text(key, group) or "").strip().lower()
        )

    def program(self, key: str = "Exec", group: str = MAIN) -> str | None:
        """The program that a command line starts, without its quotes and arguments."""
        found = _FIRST.match(self.text(key, group) or "")
        if not found:
            return None
        place = found[2] if found[1] is None else _ESCAPE.sub(r"\1", found[1])
        return place.replace("%%", "%") or None


def parse(data: bytes) -> DesktopEntry:
    """What ``data`` says. Never raises: translations, comments, what stands before the first group and lines that
    say nothing are passed over.
    """
    groups: dict[str, dict[str, str]] = {}
    entries: dict[str, str] | None = None
    # Not splitlines(), which also ends lines at characters that are ordinary here.
    for raw in decoded(data).split("\n"):
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            entries = groups.setdefault(line[1:-1], {})
        elif entries is not None and not line.startswith("#"):
            found = _ENTRY.fullmatch(line)
            if found and _FLAGS.fullmatch(found[2]):
                entries[found[1]] = found[3].strip()
    return DesktopEntry(groups)
