"""What is told of something that starts by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Command, Flag, Name, Path, Word
from vedette.facts.privacy import USER, PrivateNames
from vedette.facts.record import Record

AUTOSTARTS: Final = "autostarts"

# The number of an account, of which Windows makes names: "OneDrive Reporting Task-S-1-5-21-…".
_ACCOUNT = re.compile(r"S-1-(?:5-21|12-1)(?:-\d+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Autostart(Record):
    place: Annotated[
        Path, "the registry key, the folder or the file of settings in which it is registered"
    ]
    role: Annotated[
        Word, "what kind of place that is: run, run_once, task, startup_folder, unit, timer, cron…"
    ]
    name: Annotated[Name, "its name there"]
    command: Annotated[Command | None, "what is started"] = None
    handler: Annotated[Name | None, "the identifier of the COM class that a task starts"] = None
    enabled: Annotated[Flag | None, "whether it is on, where that can be told apart"] = None


def autostart(
    private: PrivateNames,
    *,
    place: str,
    role: str,
    name: str,
    command: str | None = None,
    handler: str | None = None,
    enabled: bool | None = None,
) -> Autostart:
    return Autostart(
        place=Path(place, private),
        role=Word(role),
        name=Name(_ACCOUNT.sub(USER, name), private),
        command=Command(command, private) if command else None,
        handler=Name(handler, private) if handler else None,
        enabled=None if enabled is None else Flag(enabled),
    )
