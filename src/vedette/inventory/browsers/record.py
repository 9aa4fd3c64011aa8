"""What is told of a web browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Version
from vedette.facts.record import Record

BROWSERS: Final = "browsers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser(Record):
    name: Annotated[Name, "its name"]
    id: Annotated[Name | None, "the name that the system knows it by: its package or registration"]
    version: Annotated[Version | None, "the version that is installed"] = None
    publisher: Annotated[Name | None, "who made it"] = None
