r"""The drivers of Windows: the keys below ``SYSTEM\CurrentControlSet\Services`` whose type is that of a driver (wdm.h,
SERVICE_KERNEL_DRIVER and the like).

The file is looked at where there is one: its version, and the signature in it. Most of Windows' own drivers carry none,
as they are signed in catalogues, which are not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats import windows_path
from vedette.host import Host
from vedette.host.registry import Key
from vedette.inventory import Unread, damage
from vedette.inventory.drivers.record import DRIVERS, Driver, DriverFiles, file_fields
from vedette.inventory.services.windows import PLACE, Missing, start_of

_FOLDER = windows_path.SYSTEM32 + "/drivers"
_PROGRAMS = 0x30
_KINDS = {1: "kernel", 2: "file_system", 4: "adapter", 8: "recognizer"}


def read(host: Host) -> Iterator[Record | Unread]:
    services = host.registry.machine.key(PLACE, depth=1)
    yield from damage(DRIVERS, services)
    files, missing = DriverFiles(host), Missing(host, "driver's file")
    for key in services.keys if services else ():
        kind = kind_of(key)
        if kind is None:
            continue
        place = file_of(key)
        facts = files.facts(place if missing.look(place) else None)
        image = key.text("ImagePath")
        yield Driver(
            name=Name(key.name, host.private),
            kind=Word(kind),
            start=start_of(key),
            image=Path(image, host.private) if image else None,
            **file_fields(facts, host.private),
        )
    yield from files.unread(DRIVERS)
    yield from missing.told(DRIVERS)


def kind_of(key: Key) -> str | None:
    """The kind of the driver that ``key`` declares; none where it declares something else."""
    number = key.number("Type") or 0
    if number & _PROGRAMS:
        return None
    return next((kind for bit, kind in _KINDS.items() if number & bit), None)


def file_of(key: Key) -> str | None:
    """Where the file of a driver lies. One that names none has its own name in the drivers' folder."""
    return windows_path.located(key.text("ImagePath") or f"{key.name}.sys", _FOLDER)
