"""The service units of systemd (systemd.unit(5), systemd.service(5)).

Units are read from their files, with their drop-ins, so that the same reader serves a running computer and an offline
image. An instance's name is cut (``user@1000`` reads ``user@``): it often names a person.
"""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats import unit
from vedette.host import Entry, Host
from vedette.inventory import Unread
from vedette.inventory.services.record import SERVICES, Service, account_kind, word

# Earlier folders win (systemd.unit(5), "System Unit Search Path").
_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_SUFFIX = ".service"
_DROP_INS = ".d"
_WANTED_BY = (".wants", ".requires", ".upholds")
_NOWHERE = "/dev/null"
_LIMIT = 256 << 10


@dataclass(slots=True)
class _Found:
    """What the folders hold: unit files by name, their drop-ins by base and name, and the bases that are wanted."""

    units: dict[str, tuple[str, Entry]] = field(default_factory=dict)
    drop_ins: dict[str, dict[str, tuple[str, Entry]]] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)


def read(host: Host) -> Iterator[Record | Unread]:
    found = _Found()
    for folder in _FOLDERS:
        yield from _look(host, folder, found)
    bases = {_base(name) for name in found.units}
    seen: set[str] = set()
    for name, (folder, entry) in sorted(found.units.items()):
        base = _base(name)
        if base in seen or _meant(entry) in bases - {base}:
            continue  # another instance, or another name of a unit that is told of by its own
        seen.add(base)
        try:
            yield _service(host, folder, entry, base, found)
        except Unreadable as error:
            yield Unread(SERVICES, error.reason)


def names(host: Host) -> frozenset[str]:
    """The names of all unit files, without their suffix. Raises ``Unreadable``."""
    return frozenset(
        entry.name.removesuffix(_SUFFIX)
        for folder in _FOLDERS
        for entry in host.files.entries(folder)
        if entry.name.endswith(_SUFFIX)
    )


def _look(host: Host, folder: str, found: _Found) -> Iterator[Unread]:
    """Adds what lies in ``folder`` to ``found``."""
    entries = yield from _entries(host, folder)
    for entry in entries:
        place = f"{folder}/{entry.name}"
        if entry.kind == "folder" and entry.name.endswith(_WANTED_BY):
            links = yield from _entries(host, place)
            found.wanted.update(_base(link.name) for link in links)
        elif entry.kind == "folder" and entry.name.endswith(_SUFFIX + _DROP_INS):
            changes = found.drop_ins.setdefault(_base(entry.name.removesuffix(_DROP_INS)), {})
            for change in (yield from _entries(host, place)):
                if change.name.endswith(".conf") and change.kind in {"file", "link"}:
                    changes.setdefault(change.name, (place, change))
        elif entry.name.endswith(_SUFFIX) and entry.kind in {"file", "link"}:
            found.units.setdefault(entry.name, (folder, entry))


def _entries(host: Host, folder: str) -> Generator[Unread, None, list[Entry]]:
    try:
        return host.files.entries(folder)
    except Unreadable as error:
        yield Unread(SERVICES, error.reason)
        return []


def _service(host: Host, folder: str, entry: Entry, base: str, found: _Found) -> Service:
    content = _content(host, folder, entry)
    changes = sorted(found.drop_ins.get(base, {}).items()) if content else []
    settings = unit.parse(content, *(_content(host, *change) for _, change in changes))
    program = unit.program(settings.first("Service", "ExecStart") or "")
    account = (
        "service"
        if settings.flag("Service", "DynamicUser")
        else account_kind(settings.last("Service", "User") or "", host.private)
    )
    start = "disabled" if not content else "auto" if base in found.wanted else "demand"
    return Service(
        name=Name(base.removesuffix(_SUFFIX), host.private),
        kind=word(settings.last("Service", "Type") or "simple") if content else None,
        start=Word(start),
        image=Path(program, host.private) if program else None,
        account_kind=Word(account),
    )


def _content(host: Host, folder: str, entry: Entry) -> bytes:
    """A file's content; nothing where it is masked: by a link to /dev/null or by an empty file."""
    if posixpath.normpath(posixpath.join(folder, entry.target or "")) == _NOWHERE:
        return b""
    return host.files.read(f"{folder}/{entry.name}", limit=_LIMIT)


def _meant(entry: Entry) -> str:
    """The name of the unit that ``entry`` leads to."""
    target = posixpath.basename(entry.target or entry.name)
    return _base(target) if target.endswith(_SUFFIX) else ""


def _base(name: str) -> str:
    """A unit's name without its instance."""
    stem = name.removesuffix(_SUFFIX)
    return (stem.partition("@")[0] + "@" if "@" in stem else stem) + _SUFFIX
