"""What is told of an applet or a page of the control panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Path, Version, Word
from vedette.facts.record import Record

CONTROL_PANELS: Final = "control_panels"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPanel(Record):
    role: Annotated[
        Word,
        "cpl_file: it lies in the system's folder; cpl_registered, namespace: it is registered; panel; applet",
    ]
    name: Annotated[Name, "its name, or its identifier where it has none"]
    library: Annotated[Path | None, "what it is loaded from"] = None
    version: Annotated[Version | None, "of an applet: its version"] = None
