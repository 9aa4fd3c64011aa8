"""Services: what the system starts by itself. On Linux the service units of systemd (systemd.unit(5),
systemd.service(5)).

Units are read from their files, so that the same reader serves a running computer and an offline image. An
instance's name is cut (``user@1000`` reads ``user@``): it often names a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from vedette.errors import Unreadable, ValueRefused
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Platform, Record
from vedette.host import Entry, Host
from vedette.inventory import InventoryItem, Unread
from vedette.statement.clauses import Purpose, clause

# Earlier folders win (systemd.unit(5), "System Unit Search Path").
_FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_SUFFIX = ".service"
_WANTED_BY = (".wants", ".requires")
# Prefixes that change how the command runs, not what it is (systemd.service(5), "Command lines").
_COMMAND_PREFIXES = "@-:+!|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Record):
    name: Annotated[Name, "its name, without the part that names a user or instance"]
    kind: Annotated[
        Word | None, "how its process runs, in the words of the service's own system"
    ] = None
    start: Annotated[Word, "auto, demand or disabled"]
    image: Annotated[Path | None, "the program that it starts, without arguments"] = None
    account_kind: Annotated[
        Word, "system, service or user: what kind of account it runs as, never which"
    ]


def read(host: Host) -> Iterator[Record | Unread]:
    units: dict[str, tuple[str, Entry]] = {}
    wanted: set[str] = set()
    for folder in _FOLDERS:
        try:
            entries = host.files.entries(folder)
            for entry in entries:
                if entry.kind == "folder" and entry.name.endswith(_WANTED_BY):
                    wanted.update(
                        _base(link.name) for link in host.files.entries(f"{folder}/{entry.name}")
                    )
                elif entry.name.endswith(_SUFFIX) and entry.kind != "folder":
                    units.setdefault(entry.name, (folder, entry))
        except Unreadable as error:
            yield Unread("services", error.reason)
    seen: set[str] = set()
    for name, (folder, entry) in sorted(units.items()):
        base = _base(name)
        if base in seen:
            continue
        seen.add(base)
        try:
            yield _service(host, folder, entry, base, base in wanted)
        except Unreadable as error:
            yield Unread("services", error.reason)


def _service(host: Host, folder: str, entry: Entry, base: str, wanted: bool) -> Service:
    masked = entry.kind == "link" and entry.target == "/dev/null"
    unit = {} if masked else _section(host.files.read(f"{folder}/{entry.name}", limit=256 << 10))
    return Service(
        name=Name(base.removesuffix(_SUFFIX), host.private),
        kind=None if masked else _word(unit.get("Type", "simple")),
        start=Word("disabled" if masked else "auto" if wanted else "demand"),
        image=_image(host, unit.get("ExecStart", "")),
        account_kind=Word(_account_kind(unit)),
    )


def _base(name: str) -> str:
    """A unit's name without its instance."""
    stem = name.removesuffix(_SUFFIX)
    return (stem.partition("@")[0] + "@" if "@" in stem else stem) + _SUFFIX


def _section(unit: bytes) -> dict[str, str]:
    """The last setting of each name in the ``[Service]`` section, the first for ``ExecStart``."""
    settings: dict[str, str] = {}
    section = ""
    for line in map(str.strip, unit.decode("utf-8", "replace").splitlines()):
        if line.startswith("["):
            section = line
        elif section == "[Service]" and not line.startswith(("#", ";")):
            key, equals, value = line.partition("=")
            if equals and not (key.strip() == "ExecStart" and settings.get("ExecStart")):
                settings[key.strip()] = value.strip()
    return settings


def _image(host: Host, command: str) -> Path | None:
    words = command.lstrip(_COMMAND_PREFIXES).split(maxsplit=1)
    return Path(words[0].strip("\"'"), host.private) if words else None


def _word(raw: str) -> Word | None:
    try:
        return Word(raw)
    except ValueRefused:
        return None


def _account_kind(unit: dict[str, str]) -> str:
    if unit.get("DynamicUser", "").lower() in {"yes", "true", "1", "on"}:
        return "service"
    account = unit.get("User", "")
    if account in {"", "root", "0"}:
        return "system"
    # "%i" and the like take the account from the instance, which names a person.
    return "user" if "%" in account else "service"


ITEM = InventoryItem(
    name="services",
    clause=clause("computer.services"),
    record=Service,
    purposes=frozenset({Purpose.DETECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
