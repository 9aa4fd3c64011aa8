"""The rules: which records are read, in which hives, and what of each is told. They lie in ``rules.toml``."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

import msgspec

MACHINE: Final = "HKLM"
USER: Final = "HKCU"


class Root(StrEnum):
    """The hives in which a rule looks; see ``rules.toml``."""

    MACHINE = "machine"
    VIEWS = "views"
    USERS = "users"
    EVERY = "every"


class Held(StrEnum):
    """What a value holds, and so what of it is told; see ``rules.toml``."""

    COMMAND = "command"
    COMMANDS = "commands"
    LIBRARIES = "libraries"
    PLACES = "places"
    NAMES = "names"
    SECRET = "secret"


_APART: Final = {Held.COMMANDS: ",", Held.LIBRARIES: r"[\s,]+", Held.PLACES: ";"}
_SOFTWARE: Final = re.compile(r"SOFTWARE\\", re.IGNORECASE)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One setting that matters, in one or more keys, and why."""

    name: str
    technique: str
    reason: str
    root: Root
    paths: tuple[str, ...]
    names: tuple[str, ...] = ()
    held: Held = Held.COMMAND

    def keys(self, hive: str) -> list[str]:
        """The paths in the hive called ``hive``, also for 32-bit programs."""
        wanted = {MACHINE: self.root != Root.USERS, USER: self.root in {Root.USERS, Root.EVERY}}
        if not wanted[hive]:
            return []
        if self.root not in {Root.VIEWS, Root.EVERY}:
            return list(self.paths)
        views = (r"SOFTWARE\\", r"SOFTWARE\\WOW6432Node\\")
        return [_SOFTWARE.sub(view, path, count=1) for view in views for path in self.paths]

    def told(self, text: str) -> list[str]:
        """What of a value's ``text`` is told, each part for itself."""
        if self.held not in _APART:
            parts = [text]
        else:
            parts = [part for part in re.split(_APART[self.held], text) if part.strip()]
        if self.held in {Held.PLACES, Held.NAMES}:
            # A folder's name has spaces in it, where a command has arguments after them.
            return [f'"{part}"' if " " in part.strip() else part for part in parts]
        return parts


@cache
def rules() -> tuple[Rule, ...]:
    """All rules."""
    text = (resources.files(__package__) / "rules.toml").read_text(encoding="utf-8")
    return tuple(msgspec.convert(tomllib.loads(text)["rules"], list[Rule]))
