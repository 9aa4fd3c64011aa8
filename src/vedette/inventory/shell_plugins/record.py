"""What is told of a plug-in of the desktop or its file manager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Path, Version, Word
from vedette.facts.record import Record

SHELL_PLUGINS: Final = "shell_plugins"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellPlugin(Record):
    role: Annotated[
        Word,
        "context_menu, icon_overlay, property_sheet, copy_hook, namespace, execute_hook, delay_load, approved, …",
    ]
    id: Annotated[
        Name | None, "its CLSID, or what its desktop knows it by, where (at) may stand for @"
    ] = None
    name: Annotated[Name | None, "its name"] = None
    library: Annotated[Path | None, "what it is loaded from"] = None
    version: Annotated[Version | None, "its version, where it says so"] = None
