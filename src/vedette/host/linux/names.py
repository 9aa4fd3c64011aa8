"""The names on a Linux computer that must not leave it: of its people, their home folders, and its own.

Read from files alone. Asking the resolver or a directory service for them would send packets that nobody consented
to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.host import Files

_HOMES = ("/home", "/var/home", "/export/home")
SOURCES = ("/etc/passwd", "/etc/hostname", "/etc/hosts", "/etc/machine-id", *_HOMES)

# Accounts of people: below are the system's, from 65,000 on nobody's and containers'.
_PEOPLE = range(1000, 65_000)
_LOOPBACK = re.compile(r"127\.|::1$")
_MACHINE_ID = re.compile(r"[0-9a-f]{32}")

# A shorter part of a person's name is a word as well; and these are no names, though accounts are called so.
_PART = 4
_ROLES = frozenset(
    [
        *("account", "admin", "administrator", "agent", "builder", "daemon", "default", "demo"),
        *("developer", "guest", "live", "local", "office", "operator", "owner", "remote", "root"),
        *("runner", "server", "service", "services", "student", "support", "system", "team"),
        *("test", "tester", "user", "virtual", "worker"),
    ]
)

# Labels that say nothing about whose computer it is.
_COMMON = frozenset(
    [
        *("localhost", "localhost4", "localhost6", "localdomain", "localdomain4", "localdomain6"),
        *("ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-allnodes", "ip6-allrouters"),
        *("local", "lan", "home", "internal", "intranet", "private", "corp", "domain", "network"),
        *("office", "router", "gateway", "broadcasthost", "example", "invalid", "test", "www"),
        *("com", "net", "org", "edu", "gov", "mil", "info", "biz", "name", "dev", "app", "cloud"),
        *("site", "online"),
    ]
)


def private_names(files: Files, node: str | None = None) -> PrivateNames:
    """The names in the tree ``files``; ``node`` is the running kernel's own name for the computer. What cannot be
    read is left out.

    The system's name, as an account or computer fresh from its maker has it (``ubuntu``), is nobody's.
    """
    system = frozenset(
        value.strip("\"'").lower() for key, value in _settings(files) if key in {"ID", "NAME"}
    )
    users, homes = set(), set()
    for user, home in _people(files):
        users.add(user)
        homes.add(home)
    computers = {*_computers(files, node), *_machine_id(files)}
    return PrivateNames(
        users=frozenset(u for u in users if u and u.lower() not in system),
        homes=frozenset(h for h in homes if h.strip("/")),
        computers=frozenset(c for c in computers if c.lower() not in _COMMON | system),
    )


def _people(files: Files) -> Iterator[tuple[str, str]]:
    """Names of people with their home folders: account names, full names, and whoever has a folder among the homes."""
    for line in _lines(files, "/etc/passwd"):
        fields = line.split(":")
        if len(fields) < 7 or not fields[2].isdecimal():
            continue
        name, number, full, home = fields[0], int(fields[2]), fields[4], fields[5]
        if number in _PEOPLE or home.startswith(tuple(f"{place}/" for place in _HOMES)):
            yield name, home
            # passwd(5): the name is the first of several, and "&" in it stands for the account's.
            person = full.partition(",")[0].replace("&", name.capitalize()).strip()
            for part in (person, *_parts(person)):
                yield part, home
    for place in _HOMES:  # accounts kept elsewhere, in a directory service
        try:
            entries = files.entries(place)
        except Unreadable:
            continue
        for entry in entries:
            if entry.kind != "file" and entry.name != "lost+found":
                yield entry.name, f"{place}/{entry.name}"


def _parts(person: str) -> Iterator[str]:
    """First and last names: each can stand alone, in the name of a file or of a company."""
    words = (word.strip(".,()\"'") for word in person.split())
    return (word for word in words if len(word) >= _PART and word.lower() not in _ROLES)


def _computers(files: Files, node: str | None) -> Iterator[str]:
    full = {name for name in (node, *_lines(files, "/etc/hostname")) if name}
    own = {name.partition(".")[0].lower() for name in full}
    for line in _lines(files, "/etc/hosts"):
        address, *names = line.split() or [""]
        if _LOOPBACK.match(address) or own & {name.partition(".")[0].lower() for name in names}:
            full.update(names)
    for name in full:
        first, *domain = name.strip(".").split(".")
        if len(first) > 1:
            yield first
        if domain and first.lower() not in _COMMON:
            yield name.strip(".")
        yield from (label for label in domain if len(label) >= 3)


def _machine_id(files: Files) -> Iterator[str]:
    """It stands in the paths of logs, and tells this computer from all others."""
    return (line for line in _lines(files, "/etc/machine-id") if _MACHINE_ID.fullmatch(line))


def _settings(files: Files) -> Iterator[tuple[str, str]]:
    for line in _lines(files, "/etc/os-release"):
        key, _, value = line.partition("=")
        yield key, value


def _lines(files: Files, path: str) -> Iterator[str]:
    """The lines of a file without comments; none where it cannot be read."""
    try:
        text = files.read(path, limit=16 << 20).decode("utf-8", "surrogateescape")
    except Unreadable:
        return
    for line in text.splitlines():
        if stripped := line.partition("#")[0].strip() if path != "/etc/passwd" else line.strip():
            yield stripped
