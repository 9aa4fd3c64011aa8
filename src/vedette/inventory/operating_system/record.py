"""What is told of an operating system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Region, Version, Word, Words
from vedette.facts.record import Record

OPERATING_SYSTEM: Final = "operating_system"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingSystem(Record):
    family: Annotated[Word, "linux or windows"]
    name: Annotated[Name | None, "the system's own name for itself"] = None
    version: Annotated[Version | None, "its version"] = None
    build: Annotated[
        Version | None, "the build of the system, or the release of the kernel that runs"
    ] = None
    service_pack: Annotated[Version | None, "the service pack installed"] = None
    updates: Annotated[Words | None, "identifiers of the updates installed"] = None
    architecture: Annotated[Word | None, "the processor architecture it is built for"] = None
    region: Annotated[Region | None, "the country set in the system"] = None
