"""What is reported of a kernel object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from vedette.facts.kinds import Name, Version, Word
from vedette.facts.record import Record
from vedette.filefacts.driver_facts import DriverFacts
from vedette.host import Host

KERNEL_OBJECTS = "kernel_objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedObject(Record):
    role: Annotated[Word, "module, driver_object, device, minifilter or bpf"]
    name: Annotated[Name, "its name"]
    version: Annotated[Version | None, "its version, or of a Linux module its kernel's"] = None
    signer: Annotated[Name | None, "who signed its file, as the signature in it says"] = None
    signature: Annotated[
        Word | None, "how far the signer's certificates lead; unverified for a Linux module's"
    ] = None


def loaded_object(
    host: Host, role: str, name: str, version: str | None = None, facts: DriverFacts | None = None
) -> LoadedObject:
    """The object, with what its file says of version and signer where ``facts`` tell."""
    version = version or (facts.version if facts else None)
    return LoadedObject(
        role=Word(role),
        name=Name(name, host.private),
        version=Version(version, host.private) if version else None,
        signer=Name(facts.signer, host.private) if facts and facts.signer else None,
        signature=Word(facts.signature) if facts and facts.signature else None,
    )
