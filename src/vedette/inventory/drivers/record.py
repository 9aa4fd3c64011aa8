"""What is reported of a driver, and the facts about its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypedDict

from vedette.facts.kinds import Flag, Name, Path, Sha256, Size, Version, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.filefacts.driver_facts import DriverFacts

DRIVERS = "drivers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver(Record):
    name: Annotated[Name, "its name"]
    kind: Annotated[Word, "kernel, file_system, recognizer or adapter"]
    start: Annotated[Word | None, "boot, system, auto, demand or disabled"] = None
    image: Annotated[Path | None, "its file, as the system's settings name it"] = None
    size: Annotated[Size | None, "the size of the file"] = None
    sha256: Annotated[Sha256 | None, "the hash of the file"] = None
    version: Annotated[Version | None, "the version that the file states"] = None
    machine: Annotated[Word | None, "the processor that the file is for"] = None
    signer: Annotated[Name | None, "who signed the file, as the signature in it says"] = None
    signature: Annotated[
        Word | None, "how far the signer's certificates lead; unverified for a kernel module's"
    ] = None
    digest_valid: Annotated[Flag | None, "whether the file is as it was signed"] = None


class FileFields(TypedDict, total=False):
    """The fields of a ``Driver`` that its file tells."""

    size: Size
    sha256: Sha256
    version: Version | None
    machine: Word | None
    signer: Name | None
    signature: Word | None
    digest_valid: Flag | None


def file_fields(facts: DriverFacts, private: PrivateNames) -> FileFields:
    """``facts`` as fields."""
    return FileFields(
        size=Size(facts.size),
        sha256=Sha256(bytes.fromhex(facts.sha256)),
        version=Version(facts.version, private) if facts.version else None,
        machine=Word(facts.machine) if facts.machine else None,
        signer=Name(facts.signer, private) if facts.signer else None,
        signature=Word(facts.signature) if facts.signature else None,
        digest_valid=None if facts.digest_valid is None else Flag(facts.digest_valid),
    )
