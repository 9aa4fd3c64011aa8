"""Unit files of systemd: sections of ``Name=value`` lines (systemd.syntax(7)), and the commands in them
(systemd.service(5), "Command lines").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Prefixes that change how a command runs, not what it is.
_PREFIXES = "@-:+!|"
_PROGRAM = re.compile(r"""\s*(?:(?P<quote>["'])(?P<quoted>.+?)(?P=quote)|(?P<plain>\S+))""")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's settings: by section and name, every value since the last empty one, which empties a setting."""

    settings: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def values(self, section: str, name: str) -> tuple[str, ...]:
        """All values of a setting that may stand more than once, such as ``ExecStart``."""
        return tuple(self.settings.get((section, name), ()))

    def first(self, section: str, name: str) -> str | None:
        return next(iter(self.values(section, name)), None)

    def last(self, section: str, name: str) -> str | None:
        """The value of a setting that holds one: the last."""
        return next(reversed(self.values(section, name)), None)

    def flag(self, section: str, name: str) -> bool:
        """Whether a setting of yes or no says yes."""
        return (self.last(section, name) or "").lower() in {"yes", "true", "1", "on", "y", "t"}


def parse(*contents: bytes) -> Unit:
    """The settings of a unit file and of its drop-ins, in the order that they apply. What is no text reads as the
    replacement character; lines that are no setting are passed over.
    """
    unit = Unit()
    for content in contents:
        section = ""
        for line in _lines(content.decode("utf-8", "replace")):
            if line.startswith("["):
                section = line.strip("[]")
                continue
            name, equals, value = (part.strip() for part in line.partition("="))
            if not equals:
                continue
            values = unit.settings.setdefault((section, name), [])
            if value:
                values.append(value)
            else:
                values.clear()
    return unit


def command(line: str) -> str:
    """A command line without the prefixes that only say how it runs."""
    return line.lstrip(_PREFIXES).strip()


def program(line: str) -> str | None:
    """The program that a command line starts, without its arguments; none where the line is empty."""
    found = _PROGRAM.match(command(line))
    return (found["quoted"] or found["plain"]) if found else None


def _lines(text: str) -> Iterator[str]:
    """The lines, stripped; one that ends in a backslash goes on in the next that is no comment."""
    begun = ""
    # Not splitlines(), which also ends lines at characters that are ordinary here.
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            begun += line[:-1] + " "
        else:
            yield (begun + line).strip()
            begun = ""
    yield begun.strip()
