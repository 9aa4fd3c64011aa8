r"""The hardware of a Windows: what a running one tells of itself, and what its registry keeps.

An image's registry knows neither memory nor the disks' sizes, and counts threads for cores. It also remembers what is
no longer built in: of its processors the one that the system last ran on is told, of its disks each model once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.kinds import Count, Disks, Flag, Name, Size, Version, Word
from vedette.facts.record import Record
from vedette.host import Host, Query, Row
from vedette.host.registry import Key
from vedette.inventory import Unread, damage
from vedette.inventory.hardware.record import HARDWARE, Hardware

_CONTROL: Final = r"SYSTEM\CurrentControlSet\Control"
_ENVIRONMENT: Final = rf"{_CONTROL}\Session Manager\Environment"
_DEVICES: Final = r"SYSTEM\CurrentControlSet\Enum"
_CONFIGURATIONS: Final = r"SYSTEM\HardwareConfig"
# These are made anew at each start, and in no file.
_DESCRIPTION: Final = r"HARDWARE\DESCRIPTION\System"
_UEFI: Final = r"HARDWARE\UEFI"

_PROCESSORS: Final = Query(r"root\CIMV2", "Win32_Processor", ("Name", "NumberOfCores"))
_COMPUTER: Final = Query(r"root\CIMV2", "Win32_ComputerSystem", ("TotalPhysicalMemory",))
_DRIVES: Final = Query(r"root\CIMV2", "Win32_DiskDrive", ("Model", "Size", "MediaType"))
_BUILT_IN: Final = frozenset({"", "fixed hard disk media"})

_FIRMWARE: Final = {1: "bios", 2: "uefi"}  # winnt.h, FIRMWARE_TYPE
_BUSES: Final = ("SCSI", "IDE", "NVME")  # of disks that are built in


def read(host: Host) -> Iterator[Record | Unread]:
    view = _View(host)
    acpi = view.key(rf"{_DEVICES}\ACPI", depth=2)
    processors = view.rows(_PROCESSORS)
    memory = sum(_number(row, "TotalPhysicalMemory") for row in view.rows(_COMPUTER))
    processor = _text(processors[0], "Name") if processors else _processor(view, acpi)
    cores = sum(_number(row, "NumberOfCores") for row in processors) or _threads(view)
    firmware, secure_boot = _firmware(view)
    maker, version = _maker(view)
    disks = _disks(view)
    yield from (Unread(HARDWARE, reason) for reason in view.unread)
    if not view.found:
        yield from () if view.unread else (Unread(HARDWARE, "missing"),)
        return
    yield Hardware(
        processor=Name(processor, host.private) if processor else None,
        cores=Count(cores) if cores else None,
        memory=Size(memory) if memory else None,
        firmware=Word(firmware) if firmware else None,
        firmware_maker=Name(maker, host.private) if maker else None,
        firmware_version=Version(version, host.private) if version else None,
        secure_boot=None if secure_boot is None else Flag(secure_boot),
        tpm=Flag(_has_tpm(acpi)) if acpi else None,
        disks=disks,
    )


class _View:
    """Keys and rows of a computer; ``unread`` are the reasons why some could not be had, ``found`` whether any was."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.unread: dict[str, None] = {}
        self.found = False

    def key(self, path: str, depth: int = 0) -> Key | None:
        try:
            key = self.host.registry.machine.key(path, depth)
        except Unreadable as error:
            self.unread[error.reason] = None
            return None
        self.unread.update((each.reason, None) for each in damage(HARDWARE, key))
        self.found |= key is not None
        return key

    def rows(self, query: Query) -> list[Row]:
        try:
            rows = list(self.host.management(query))
        except Unreadable as error:
            self.unread[error.reason] = None
            return []
        self.found |= bool(rows)
        return rows


def _processor(view: _View, acpi: Key | None) -> str | None:
    described = view.key(rf"{_DESCRIPTION}\CentralProcessor\0")
    if described and (name := described.text("ProcessorNameString")):
        return _plain(name)
    environment = view.key(_ENVIRONMENT)
    identifier = (environment.text("PROCESSOR_IDENTIFIER") if environment else None) or ""
    # "x86 Family 16 Model 8 Stepping 0, AuthenticAMD" is AuthenticAMD_-_x86_Family_16_Model_8_-_… as a device.
    model, _, maker = identifier.partition(", ")
    device = f"{maker}_-_{model.partition(' Stepping')[0].replace(' ', '_')}_-_".casefold()
    for each in acpi.keys if acpi and maker else ():
        if each.name.casefold().startswith(device):
            for instance in each.keys:
                if name := instance.text("FriendlyName"):
                    return _plain(name)
    return identifier or None


def _threads(view: _View) -> int:
    described = view.key(rf"{_DESCRIPTION}\CentralProcessor", depth=1)
    if described and described.keys:
        return len(described.keys)
    environment = view.key(_ENVIRONMENT)
    number = (environment.text("NUMBER_OF_PROCESSORS") if environment else None) or ""
    return int(number) if number.isdecimal() and len(number) < 6 else 0


def _firmware(view: _View) -> tuple[str | None, bool | None]:
    """How the system was started, and whether Secure Boot is on. Where the latter has a state, it is UEFI."""
    control = view.key(_CONTROL)
    named = _FIRMWARE.get((control.number("PEFirmwareType") if control else None) or 0)
    state = view.key(rf"{_CONTROL}\SecureBoot\State")
    secure = state.number("UEFISecureBootEnabled") if state else None
    if named is None and (secure is not None or view.key(_UEFI)):
        named = "uefi"
    if secure is not None:
        return named, secure == 1
    return named, False if named == "bios" else None


def _maker(view: _View) -> tuple[str | None, str | None]:
    """Who made the firmware, and its version; of an image, of the computer that it last ran on."""
    described = view.key(rf"{_DESCRIPTION}\BIOS")
    if described is None:
        kept = view.key(_CONFIGURATIONS, depth=1)
        last = kept.text("LastConfig") if kept else None
        described = kept.key(last) if kept and last else None
    if described is None:
        return None, None
    return described.text("BIOSVendor"), described.text("BIOSVersion")


def _has_tpm(acpi: Key) -> bool:
    return any(
        (instance.text("Service") or "").casefold() == "tpm"
        for device in acpi.keys
        for instance in device.keys
    )


def _disks(view: _View) -> Disks | None:
    private = view.host.private
    if rows := view.rows(_DRIVES):
        fixed = [row for row in rows if (_text(row, "MediaType") or "").lower() in _BUILT_IN]
        sizes = [_number(row, "Size") for row in fixed]
        models = [_text(row, "Model") for row in fixed]
        return Disks(
            (Name(model, private) if model else None, Size(size) if size else None)
            for model, size in zip(models, sizes, strict=True)
        )
    buses = [view.key(rf"{_DEVICES}\{bus}", depth=2) for bus in _BUSES]
    names = [
        _plain(instance.text("FriendlyName") or "")
        for bus in filter(None, buses)
        for device in bus.keys
        if device.name.casefold().startswith("disk")
        for instance in device.keys
    ]
    known = [(Name(name, private), None) for name in dict.fromkeys(filter(None, names))]
    return Disks(known) if any(buses) else None


def _plain(name: str) -> str:
    """``name`` without the resource that says it in other languages (``@disk.inf,%x%;…``), and with single spaces."""
    return " ".join((name.rpartition(";")[2] if name.startswith("@") else name).split())


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return _plain(value) or None if isinstance(value, str) else None


def _number(row: Row, name: str) -> int:
    """A number of management's, which writes those of 64 bits as texts."""
    text = str(row.get(name))
    return int(text) if text.isdecimal() and len(text) < 20 else 0
