"""The drivers of Linux: the loaded modules that drive a device or a file system, those that are loaded when the system
starts (modules-load.d(5)) or kept from it (modprobe.d(5)), and all that did not come with the kernel.

A module that udev loads when it finds a device starts on ``demand``. What is built into the kernel is part of that.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.drivers.modules import SYS, canonical, loaded, module_files
from vedette.inventory.drivers.record import DRIVERS, Driver, DriverFiles, file_fields

_LOADED_AT_START = [
    f"{place}/modules-load.d" for place in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
]
_OLD_LIST = "/etc/modules"
_SETTINGS = [
    f"{place}/modprobe.d" for place in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
]
# What stands for "never" where a command is to run instead of loading a module.
_NOTHING = {"/bin/true", "/bin/false", "/usr/bin/true", "/usr/bin/false", "true", "false", ":"}
_LIMIT = 256 << 10


def read(host: Host) -> Iterator[Record | Unread]:
    files = module_files(host)
    running = loaded(host)
    wanted: set[str] = set()
    kept_out: set[str] = set()
    for line in (yield from _lines(host, _LOADED_AT_START, _OLD_LIST)):
        wanted.add(canonical(line[0]))
    for line in (yield from _lines(host, _SETTINGS)):
        match line:
            case ["blacklist", name, *_]:
                kept_out.add(canonical(name))
            case ["install", name, command, *_] if command in _NOTHING:
                kept_out.add(canonical(name))
    driving = {name for name in running if files.is_file_system(name) or _drives(host, name)}
    known = wanted | {name for name in kept_out if files.place(name)}
    looked_at = DriverFiles(host)
    for name in sorted(driving | known | set(files.foreign())):
        start = "auto" if name in wanted else "disabled" if name in kept_out else "demand"
        place = files.place(name)
        yield Driver(
            name=Name(name, host.private),
            kind=Word("file_system" if files.is_file_system(name) else "kernel"),
            start=Word(start),
            image=Path(place, host.private) if place else None,
            **file_fields(looked_at.facts(place), host.private),
        )
    yield from looked_at.unread(DRIVERS)


def _drives(host: Host, name: str) -> bool:
    """Whether a loaded module has registered a driver."""
    try:
        return bool(host.files.entries(f"{SYS}/{name}/drivers"))
    except Unreadable:
        return False


def _lines(host: Host, folders: list[str], *more: str) -> Generator[Unread, None, list[list[str]]]:
    """The words of each line of the files ``more`` and of those in ``folders`` that end in .conf; of one name only the
    first folder's counts.
    """
    places = {place: place for place in more}
    for folder in folders:
        try:
            entries = host.files.entries(folder)
        except Unreadable as error:
            yield Unread(DRIVERS, error.reason)
            continue
        for entry in entries:
            if entry.name.endswith(".conf"):
                masked = entry.target == "/dev/null"
                places.setdefault(entry.name, "" if masked else f"{folder}/{entry.name}")
    found: list[list[str]] = []
    for place in filter(None, places.values()):
        try:
            text = host.files.read(place, limit=_LIMIT).decode("utf-8", "replace")
        except Unreadable as error:
            if error.reason != "missing":
                yield Unread(DRIVERS, error.reason)
            continue
        lines = (line.split("#", 1)[0].split(";", 1)[0].split() for line in text.splitlines())
        found.extend(line for line in lines if line)
    return found
