"""What is told of a program that is installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Name, Version
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.formats.package import Package

SOFTWARE: Final = "software"


@dataclass(frozen=True, slots=True, kw_only=True)
class Software(Record):
    name: Annotated[Name, "its name, or that of its package"]
    version: Annotated[Version | None, "the version that is installed"] = None
    publisher: Annotated[Name | None, "who made the program or its package"] = None


def software(package: Package, private: PrivateNames) -> Software:
    """The record of ``package``."""
    return Software(
        name=Name(package.name, private),
        version=Version(package.version, private) if package.version else None,
        publisher=Name(package.publisher, private) if package.publisher else None,
    )
