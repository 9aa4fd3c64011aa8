"""The modules of a Linux kernel: those that are loaded, and the files of those that could be (proc(5), depmod(8))."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from vedette.errors import Unreadable
from vedette.host import Host

LOADED = "/proc/modules"
SYS = "/sys/module"
_FOLDERS = ("/lib/modules", "/usr/lib/modules")
_INDEX = "modules.dep"
_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class ModuleFiles:
    """The files of one kernel's modules, by name; ``within`` are the same places as seen from ``folder``."""

    folder: str
    within: Mapping[str, str]

    def place(self, name: str) -> str | None:
        """The file of the module ``name``; none where it has none here, as one that is built into the kernel."""
        inner = self.within.get(canonical(name))
        return posixpath.join(self.folder, inner) if inner else None

    def is_file_system(self, name: str) -> bool:
        return self.within.get(canonical(name), "").startswith("kernel/fs/")

    def foreign(self) -> list[str]:
        """The names of modules that did not come with the kernel."""
        return [name for name, inner in self.within.items() if not inner.startswith("kernel/")]


NO_FILES = ModuleFiles("", {})


def canonical(name: str) -> str:
    """A module's name as the kernel has it: files may write it with hyphens."""
    return name.replace("-", "_")


def loaded(host: Host) -> list[str]:
    """The names of the modules that are loaded now, sorted; none of an image, or where the kernel has no modules.

    Raises ``Unreadable``.
    """
    if not host.live:
        return []
    try:
        lines = host.files.read(LOADED, limit=4 << 20).decode("ascii", "replace").splitlines()
    except Unreadable as error:
        if error.reason == "missing":
            return []
        raise
    return sorted({line.split(" ", 1)[0] for line in lines if line})


def module_files(host: Host) -> ModuleFiles:
    """The files of the running kernel's modules; of an image, those of its last kernel. Raises ``Unreadable``."""
    release = host.kernel().release
    for folder in _FOLDERS:
        kernels = [entry.name for entry in host.files.entries(folder) if entry.kind == "folder"]
        if host.live:
            kernels = [name for name in kernels if name == release]
        for kernel in sorted(kernels, key=_by_number, reverse=True):
            place = f"{folder}/{kernel}"
            try:
                index = host.files.read(f"{place}/{_INDEX}", limit=_LIMIT)
            except Unreadable as error:
                if error.reason == "missing":
                    continue  # removed but for some leftovers
                raise
            return ModuleFiles(place, _places(index))
    return NO_FILES


def _places(index: bytes) -> dict[str, str]:
    places: dict[str, str] = {}
    for line in index.decode("utf-8", "replace").splitlines():
        place, colon, _ = line.partition(":")
        if colon and place:
            places.setdefault(canonical(posixpath.basename(place).partition(".")[0]), place)
    return places


def _by_number(release: str) -> list[tuple[int, str]]:
    """6.10 comes after 6.9."""
    parts = release.replace("-", ".").split(".")
    return [
        (int(part), "") if part.isascii() and part.isdecimal() else (-1, part) for part in parts
    ]
