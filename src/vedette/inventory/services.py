"""Services: what the system starts by itself. On Linux the service units of systemd (systemd.unit(5),
systemd.service(5)).

Units are read from their files, so that the same reader serves a running computer and an offline image. An
instance's name is cut (``user@1000`` reads ``user@``): it often names a person. Drop-ins are not read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from vedette.errors import Unreadable, ValueRefused
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.privacy import PrivateNames
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
_WANTED_BY = (".wants", ".requires", ".upholds")
_NOWHERE = "/dev/null"
_CONTINUED = re.compile(r"\\\r?\n")
_PROGRAM = re.compile(r"""\s*(?:(?P<quote>["'])(?P<quoted>.+?)(?P=quote)|(?P<plain>\S+))""")
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
        except Unreadable as error:
            yield Unread("services", error.reason)
            continue
        for entry in entries:
            if entry.kind == "folder" and entry.name.endswith(_WANTED_BY):
                try:
                    links = host.files.entries(f"{folder}/{entry.name}")
                except Unreadable as error:
                    yield Unread("services", error.reason)
                else:
                    wanted.update(_base(link.name) for link in links)
            elif entry.name.endswith(_SUFFIX) and entry.kind in {"file", "link"}:
                units.setdefault(entry.name, (folder, entry))
    bases = {_base(name) for name in units}
    seen: set[str] = set()
    for name, (folder, entry) in sorted(units.items()):
        base = _base(name)
        if base in seen or _meant(entry) in bases - {base}:
            continue  # another instance, or another name of a unit that is told of by its own
        seen.add(base)
        try:
            yield _service(host, folder, entry, base, base in wanted)
        except Unreadable as error:
            yield Unread("services", error.reason)


def _service(host: Host, folder: str, entry: Entry, base: str, wanted: bool) -> Service:
    unit = _unit(host, folder, entry)
    settings = _section(unit)
    return Service(
        name=Name(base.removesuffix(_SUFFIX), host.private),
        kind=_word(settings.get("Type", "simple")) if unit else None,
        start=Word("disabled" if not unit else "auto" if wanted else "demand"),
        image=_image(host, settings.get("ExecStart", "")),
        account_kind=Word(_account_kind(settings, host.private)),
    )


def _unit(host: Host, folder: str, entry: Entry) -> bytes:
    """The unit's content; nothing where it is masked: by a link to /dev/null or by an empty file."""
    if posixpath.normpath(posixpath.join(folder, entry.target or "")) == _NOWHERE:
        return b""
    return host.files.read(f"{folder}/{entry.name}", limit=256 << 10)


def _meant(entry: Entry) -> str:
    """The name of the unit that ``entry`` leads to."""
    target = posixpath.basename(entry.target or entry.name)
    return _base(target) if target.endswith(_SUFFIX) else ""


def _base(name: str) -> str:
    """A unit's name without its instance."""
    stem = name.removesuffix(_SUFFIX)
    return (stem.partition("@")[0] + "@" if "@" in stem else stem) + _SUFFIX


def _section(unit: bytes) -> dict[str, str]:
    """The last setting of each name in the ``[Service]`` section; of ``ExecStart`` the first since it was emptied."""
    settings: dict[str, str] = {}
    section = ""
    text = _CONTINUED.sub(" ", unit.decode("utf-8", "replace"))
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line
        elif section == "[Service]" and not line.startswith(("#", ";")):
            key, equals, value = (part.strip() for part in line.partition("="))
            if equals and not (key == "ExecStart" and value and settings.get(key)):
                settings[key] = value
    return settings


def _image(host: Host, command: str) -> Path | None:
    program = _PROGRAM.match(command.lstrip(_COMMAND_PREFIXES))
    return Path(program["quoted"] or program["plain"], host.private) if program else None


def _word(raw: str) -> Word | None:
    try:
        return Word(raw)
    except ValueRefused:
        return None


def _account_kind(settings: dict[str, str], private: PrivateNames) -> str:
    if settings.get("DynamicUser", "").lower() in {"yes", "true", "1", "on"}:
        return "service"
    account = settings.get("User", "")
    if account in {"", "root", "0"}:
        return "system"
    # "%i" and the like take the account from the instance, which names a person.
    person = "%" in account or account in private.users
    return "user" if person or (account.isdecimal() and int(account) >= 1000) else "service"


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
