"""What is reported of a driver, and the facts about its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypedDict

from vedette.errors import Unreadable
from vedette.facts.kinds import Flag, Name, Path, Sha256, Size, Version, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.filefacts.driver_facts import DRIVER, DriverFacts
from vedette.host import Host
from vedette.inventory import Unread

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


def file_fields(facts: DriverFacts | None, private: PrivateNames) -> FileFields:
    """``facts`` as fields."""
    if facts is None:
        return FileFields()
    return FileFields(
        size=Size(facts.size),
        sha256=Sha256(bytes.fromhex(facts.sha256)),
        version=Version(facts.version, private) if facts.version else None,
        machine=Word(facts.machine) if facts.machine else None,
        signer=Name(facts.signer, private) if facts.signer else None,
        signature=Word(facts.signature) if facts.signature else None,
        digest_valid=None if facts.digest_valid is None else Flag(facts.digest_valid),
    )


class DriverFiles:
    """Has the files of drivers looked at. What cannot be is counted by its reason, as there may be hundreds."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._unread: Counter[str] = Counter()

    def facts(self, place: str | None) -> DriverFacts | None:
        """The facts about the file at ``place``; none where there is no place, or it cannot be looked at."""
        if place:
            try:
                return self._host.parse(DRIVER, place)
            except Unreadable as error:
                self._unread[error.reason] += 1
        return None

    def unread(self, of: str) -> Iterator[Unread]:
        """Why files of the item ``of`` could not be looked at, each reason once."""
        for reason, count in self._unread.items():
            yield Unread(of, reason if count == 1 else f"{reason} ({count} files)")
