"""What is told of the hardware: models and sizes, never a serial number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from vedette.facts.kinds import Count, Disks, Flag, Name, Size, Version, Word
from vedette.facts.record import Record

HARDWARE: Final = "hardware"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware(Record):
    processor: Annotated[Name | None, "the model of the processor"] = None
    cores: Annotated[
        Count | None, "its cores; threads where the system does not tell them apart"
    ] = None
    memory: Annotated[Size | None, "the memory that the system can use"] = None
    firmware: Annotated[Word | None, "uefi or bios: how the firmware started the system"] = None
    firmware_maker: Annotated[Name | None, "who made the firmware"] = None
    firmware_version: Annotated[Version | None, "its version"] = None
    secure_boot: Annotated[Flag | None, "whether Secure Boot is on"] = None
    tpm: Annotated[Flag | None, "whether a security chip (TPM) is present"] = None
    disks: Annotated[Disks | None, "model and size of each disk that is built in"] = None
