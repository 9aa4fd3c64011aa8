"""What is reported of an extension of the printing system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record

PRINT_EXTENSIONS = "print_extensions"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintExtension(Record):
    role: Annotated[Word, "monitor, provider or processor; of CUPS backend or filter"]
    name: Annotated[Name, "the name that it is registered under"]
    library: Annotated[Path | None, "its library or program, as the system's settings name it"] = (
        None
    )
    environment: Annotated[
        Name | None, "of a processor, the kind of Windows that it is made for"
    ] = None
