"""The hardware as Linux shows it in /proc and /sys: proc(5), the kernel's Documentation/ABI.

An image of a system holds nothing of the computer that it ran on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.kinds import Count, Disks, Flag, Name, Size, Version, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.hardware.record import HARDWARE, Hardware

_EFI: Final = "/sys/firmware/efi"
_VARIABLES: Final = f"{_EFI}/efivars"
# UEFI specification, "Globally Defined Variables"; after four bytes of attributes one of value.
_SECURE_BOOT: Final = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_DMI: Final = "/sys/class/dmi/id"
_BLOCK: Final = "/sys/block"
_SECTOR: Final = 512  # in /sys/block/*/size, whatever the disk's own sectors are

_MEMORY = re.compile(r"^MemTotal:\s+(\d{1,15}) kB$", re.MULTILINE)
# The first of these lines names the model: on x86, MIPS, POWER, RISC-V, ARM of 32 bits.
_MODELS: Final = ("model name", "cpu model", "cpu", "uarch", "processor", "hardware")
_THREAD = re.compile(r"processor(?: \d+)?")
_X86 = re.compile(r"x86_64|i[3-6]86")
# What is no hardware, can be taken out, or is a path to a disk that is there already.
_NO_DISK = re.compile(r"(?:loop|ram|zram|dm-|md|sr|fd|nbd|drbd|rbd|mtdblock|zd)\d|nvme\d+c\d+n")


def read(host: Host) -> Iterator[Record | Unread]:
    tree = _Tree(host)
    lines = tree.text("/proc/cpuinfo", needed=True)
    memory = _MEMORY.search(tree.text("/proc/meminfo", needed=True))
    processor, cores = _processor(lines)
    firmware = _firmware(tree)
    maker, version = (tree.line(f"{_DMI}/bios_{word}") for word in ("vendor", "version"))
    secure, tpm, disks = _secure_boot(tree, firmware), _tpm(tree), _disks(tree)
    yield from (Unread(HARDWARE, reason) for reason in tree.unread)
    if lines or firmware or disks is not None:
        yield Hardware(
            processor=Name(processor, host.private) if processor else None,
            cores=Count(cores) if cores else None,
            memory=Size(int(memory[1]) << 10) if memory else None,
            firmware=Word(firmware) if firmware else None,
            firmware_maker=Name(maker, host.private) if maker else None,
            firmware_version=Version(version, host.private) if version else None,
            secure_boot=None if secure is None else Flag(secure),
            tpm=None if tpm is None else Flag(tpm),
            disks=disks,
        )


class _Tree:
    """Small files of the kernel's, most of which may be missing; ``unread`` are the reasons why others are."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.unread: dict[str, None] = {}

    def read(self, path: str, needed: bool = False) -> bytes:
        try:
            return self.host.files.read(path, limit=8 << 20)
        except Unreadable as error:
            if needed or error.reason != "missing":
                self.unread[error.reason] = None
            return b""

    def text(self, path: str, needed: bool = False) -> str:
        return self.read(path, needed).decode("utf-8", "replace")

    def line(self, path: str) -> str:
        return " ".join(self.text(path).split())

    def names(self, folder: str) -> list[str]:
        try:
            return [entry.name for entry in self.host.files.entries(folder)]
        except Unreadable as error:
            self.unread[error.reason] = None
            return []


def _processor(cpuinfo: str) -> tuple[str | None, int]:
    """The model, and how many cores there are."""
    facts: dict[str, str] = {}
    cores: set[tuple[str, str]] = set()
    threads, socket = 0, ""
    for line in cpuinfo.splitlines():
        key, colon, value = (part.strip() for part in line.partition(":"))
        key = key.lower()
        if not colon or not value:
            continue
        if key == "physical id":
            socket = value
        elif key == "core id":
            cores.add((socket, value))
        elif _THREAD.fullmatch(key) and (value.isdecimal() or key != "processor"):
            threads += 1
        else:
            facts.setdefault(key, value)
    model = next((facts[key] for key in _MODELS if key in facts), None)
    if model is None and "cpu part" in facts:
        # 64-bit ARM names nothing but numbers.
        model = f"ARM {facts.get('cpu implementer', '')} {facts['cpu part']}"
    return model, len(cores) or threads


def _firmware(tree: _Tree) -> str | None:
    if tree.names(_EFI):
        return "uefi"
    architecture = tree.host.kernel().architecture or ""
    # Virtual machines that start a kernel directly have neither.
    return "bios" if _X86.fullmatch(architecture) and tree.names(_DMI) else None


def _secure_boot(tree: _Tree, firmware: str | None) -> bool | None:
    if firmware != "uefi":
        return False if firmware else None
    variable = tree.read(f"{_VARIABLES}/{_SECURE_BOOT}")
    if len(variable) == 5:
        return variable[4] == 1
    # Firmware older than Secure Boot has no such variable.
    names = tree.names(_VARIABLES)
    return False if names and _SECURE_BOOT not in names else None


def _tpm(tree: _Tree) -> bool | None:
    """A chip that has a driver, or that the firmware tells of (Trusted Computing Group, ACPI specification)."""
    classes = tree.names("/sys/class")
    tables = tree.names("/sys/firmware/acpi/tables")
    if tree.names("/sys/class/tpm") or {"TPM2", "TCPA"} & set(tables):
        return True
    return False if classes else None


def _disks(tree: _Tree) -> Disks | None:
    devices = tree.names(_BLOCK)
    if not devices:
        return None
    found = []
    for name in devices:
        place = f"{_BLOCK}/{name}"
        sectors = tree.line(f"{place}/size")
        if _NO_DISK.match(name) or not sectors.isdecimal() or sectors == "0":
            continue
        if "1" in {tree.line(f"{place}/removable"), tree.line(f"{place}/hidden")}:
            continue
        model = tree.line(f"{place}/device/model") or tree.line(f"{place}/device/name")
        found.append(
            (Name(model, tree.host.private) if model else None, Size(int(sectors) * _SECTOR))
        )
    return Disks(found)
