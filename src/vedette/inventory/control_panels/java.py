r"""Java, in which applets run: the machines that are installed (``SOFTWARE\JavaSoft``; on Linux /usr/lib/jvm)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Version, Word
from vedette.facts.record import Record
from vedette.formats.settings import settings
from vedette.formats.text import decoded
from vedette.host import Host
from vedette.host.com_classes import View, machine_views
from vedette.inventory import Unread, damage, is_there, sources
from vedette.inventory.control_panels.record import CONTROL_PANELS, ControlPanel

_MACHINES = (
    r"JavaSoft\Java Runtime Environment",
    r"JavaSoft\Java Development Kit",
    r"JavaSoft\JRE",
    r"JavaSoft\JDK",
    r"JavaSoft\Java Plug-in",
)
_FOLDERS = ("/usr/lib/jvm", "/usr/java", "/opt/java")
_PROGRAMS = ("bin/java", "jre/bin/java")


def of_machine(host: Host) -> Iterator[Record | Unread]:
    """Each version has a key; ``CurrentVersion`` beside them names one of these."""
    every = (
        partial(_versions, view=view, place=place)
        for view in machine_views(host.registry)
        for place in _MACHINES
    )
    return sources(CONTROL_PANELS, host, *every)


def _versions(host: Host, view: View, place: str) -> Iterator[Record | Unread]:
    key = view.hive.key(rf"{view.software}\{place}", depth=1)
    yield from damage(CONTROL_PANELS, key)
    for version in key.keys if key else ():
        library = version.text("RuntimeLib") or version.text("JavaHome")
        yield _applet(host, place.rpartition("\\")[2], library, version.name)


def machines(host: Host) -> Iterator[Record | Unread]:
    """Each folder with a ``java`` in it; links to one that is told of by itself are passed over."""
    for folder in _FOLDERS:
        for entry in host.files.entries(folder):
            if entry.kind != "folder":
                continue
            home = f"{folder}/{entry.name}"
            program = next(
                (f"{home}/{each}" for each in _PROGRAMS if is_there(host, f"{home}/{each}")), None
            )
            if program:
                yield _applet(host, entry.name, program, _release(host, home))


def _release(host: Host, home: str) -> str | None:
    try:
        text = decoded(host.files.read(f"{home}/release", limit=64 << 10))
    except Unreadable:
        return None  # older ones have none
    return settings(text).get("JAVA_VERSION")


def _applet(host: Host, name: str, library: str | None, version: str | None) -> ControlPanel:
    return ControlPanel(
        role=Word("applet"),
        name=Name(name, host.private),
        library=Path(library, host.private) if library else None,
        version=Version(version, host.private) if version else None,
    )
