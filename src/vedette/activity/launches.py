"""Launched applications: what was started, not by whom, and when to the hour."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Annotated, Final

from vedette.activity import ActivityItem
from vedette.facts.kinds import (
    Count,
    Day,
    Flag,
    Hour,
    Hundredths,
    Name,
    Path,
    Sha256,
    Similarity,
    Size,
    Word,
    Words,
)
from vedette.facts.privacy import HOME, PrivateNames
from vedette.facts.record import Platform, Record
from vedette.filefacts.facts import FileFacts
from vedette.filefacts.reported import reported
from vedette.host import FileStat
from vedette.statement.clauses import Purpose, clause

# The first that matches a masked path names its location. The words are those of the recorded telemetry
# (design, "Backtest").
_LOCATIONS: Final = tuple(
    (location, re.compile(pattern))
    for location, pattern in (
        ("temp", r"/tmp/|/var/tmp/|/dev/shm/|<home>/\.cache/"),
        ("downloads", r"<home>/Downloads/"),
        ("removable", r"/media/|/mnt/|/run/media/"),
        ("build", r".*/(?:build|target|dist|node_modules|cmake-build-[^/]+)/"),
        ("app_data", r"<home>/\.(?:local|config)/|<home>/\.[^/]+/"),
        ("program_files", r"/opt/|/usr/local/|/snap/|/var/lib/(?:flatpak|snapd)/"),
        ("system", r"/usr/|/bin/|/sbin/|/lib(?:32|64|x32)?/"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch(Record):
    sha256: Annotated[Sha256, "digest of the file that was started"]
    size: Annotated[Size, "its size"]
    name: Annotated[Name, "its file name"]
    location: Annotated[
        Word,
        "what kind of folder it lies in: system, program_files, app_data, temp, downloads, removable, build or other",
    ]
    folder: Annotated[Path, "the folder it lies in"]
    attributes: Annotated[
        Words, "its file attributes: executable, read_only, hidden, setuid, setgid, world_writable"
    ]
    created: Annotated[Day | None, "the day the file was created here"] = None
    kind: Annotated[Word | None, "what it is by its content: pe, elf, script, archive or other"] = (
        None
    )
    entropy: Annotated[Hundredths | None, "how random its bytes are: bits per byte"] = None
    similarity: Annotated[Similarity | None, "the digest that places it near files like it"] = None
    machine: Annotated[Word | None, "of a PE file: the processor it is for"] = None
    subsystem: Annotated[Word | None, "of a PE file: the Windows subsystem it is for"] = None
    pe_timestamp: Annotated[Day | None, "of a PE file: the day its header says it was made"] = None
    imphash: Annotated[Word | None, "of a PE file: the MD5 digest of what it imports"] = None
    sections: Annotated[Count | None, "of a PE file: how many sections it has"] = None
    languages: Annotated[
        Words | None, "of a PE file: the language and region codes of its resources"
    ] = None
    packer: Annotated[Name | None, "of a PE file: what it was packed with"] = None
    signer: Annotated[Name | None, "of a PE file: who signed it, as the certificate says"] = None
    signature: Annotated[
        Word | None,
        "of a PE file: how far its certificates lead: trusted, untrusted, expired, revoked, not_for_code or none",
    ] = None
    digest_valid: Annotated[Flag | None, "of a PE file: whether it is what was signed"] = None
    time: Annotated[Hour, "when it was started"]
    product: Annotated[
        Name | None, "the product that reported it, where that was not Vedette itself"
    ] = None


def launch(
    path: str,
    sha256: bytes,
    facts: FileStat,
    time: datetime,
    private: PrivateNames,
    product: str | None = None,
    content: FileFacts | None = None,
) -> Launch:
    """The record of one launch of the file at ``path`` (absolute, as the system names it), whose content has
    the digest ``sha256`` and, where it was looked at, the facts ``content``.
    """
    place = PurePosixPath(path)
    folder = Path(str(place.parent), private)
    return Launch(
        sha256=Sha256(sha256),
        size=Size(facts.size),
        name=Name(place.name, private),
        location=Word(location_of(folder.value)),
        folder=folder,
        attributes=Words(_attributes(place.name, facts.mode)),
        created=Day(facts.created) if facts.created else None,
        time=Hour(time),
        product=Name(product, private) if product else None,
        **reported(content, private),
    )


def location_of(folder: str) -> str:
    """The word for the kind of folder that a masked ``folder`` is."""
    place = folder + "/"
    if place == f"{HOME}/":
        return "other"
    return next((location for location, pattern in _LOCATIONS if pattern.match(place)), "other")


def _attributes(name: str, mode: int) -> list[str]:
    executable = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    writable = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    found = {
        "executable": mode & executable,
        "read_only": not mode & writable,
        "hidden": name.startswith("."),
        "setuid": mode & stat.S_ISUID,
        "setgid": mode & stat.S_ISGID,
        "world_writable": mode & stat.S_IWOTH,
    }
    return [attribute for attribute, holds in found.items() if holds]


ITEM = ActivityItem(
    name="launches",
    clause=clause("launches"),
    record=Launch,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX}),
    retention=timedelta(days=180),
)
