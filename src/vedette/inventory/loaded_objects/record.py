"""What is reported of a library that is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.host import Host

LOADED_OBJECTS = "loaded_objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedLibrary(Record):
    role: Annotated[
        Word,
        "module, appinit, known_dll, winlogon_notify, lsa_package, security_package; preload, pam_module, nss_module",
    ]
    name: Annotated[Name, "the name that it is registered or loaded under"]
    library: Annotated[Path | None, "its file, as the system's settings name it"] = None


def told(host: Host, role: str, found: Iterable[tuple[str, str]]) -> Iterator[Record]:
    """A record for each different pair of a name and a library in ``found``."""
    for name, library in dict.fromkeys(found):
        yield LoadedLibrary(
            role=Word(role),
            name=Name(name, host.private),
            library=Path(library, host.private) if library else None,
        )


def base(library: str) -> str:
    """The name of a library's file, whichever way its path is written."""
    return library.replace("\\", "/").rstrip("/").rpartition("/")[2] or library
