"""What is loaded into a Linux kernel: its modules, its BPF programs, the drivers registered on its buses, and the kinds
of device that it serves (proc(5), sysfs(5)).
"""

from __future__ import annotations

from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.drivers.modules import NO_FILES, SYS, loaded, module_files
from vedette.inventory.drivers.record import DriverFiles
from vedette.inventory.kernel_objects.record import KERNEL_OBJECTS, loaded_object

_BUSES = "/sys/bus"
_DEVICES = "/proc/devices"


def modules(host: Host) -> Iterator[Record | Unread]:
    names = loaded(host)
    places = module_files(host) if names else NO_FILES
    files = DriverFiles(host)
    for name in names:
        facts = files.facts(places.place(name))
        yield loaded_object(host, "module", name, _stated_version(host, name), facts)
    yield from files.unread(KERNEL_OBJECTS)


def programs(host: Host) -> Iterator[Record | Unread]:
    # The same program is often loaded many times over, once for each control group.
    for found in dict.fromkeys(host.kernel_objects()):
        yield loaded_object(host, found.role, found.name, found.version)


def drivers(host: Host) -> Iterator[Record | Unread]:
    """Each once, though it may be registered on several buses."""
    if not host.live:
        return
    names = {
        entry.name
        for bus in host.files.entries(_BUSES)
        for entry in host.files.entries(f"{_BUSES}/{bus.name}/drivers")
        if entry.kind == "folder"
    }
    for name in sorted(names):
        yield loaded_object(host, "driver_object", name)


def devices(host: Host) -> Iterator[Record | Unread]:
    """The kinds of character and block devices, without their numbers."""
    if not host.live:
        return
    try:
        text = host.files.read(_DEVICES, limit=64 << 10).decode("utf-8", "replace")
    except Unreadable as error:
        if error.reason == "missing":
            return
        raise
    lines = (line.split() for line in text.splitlines())
    for name in sorted({line[1] for line in lines if len(line) == 2 and line[0].isdecimal()}):
        yield loaded_object(host, "device", name)


def _stated_version(host: Host, name: str) -> str | None:
    """The version that the loaded module itself states."""
    try:
        version = host.files.read(f"{SYS}/{name}/version", limit=4 << 10)
    except Unreadable:
        return None  # most state none
    return version.decode("utf-8", "replace").strip() or None
