"""ClamAV: its daemon, its watch on opened files (clamonacc), its engine and its databases (clamd.conf(5)).

Nothing is asked of the daemon itself: what runs is seen in /proc, and what it runs on lies in files, so an image is
read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.kinds import Day, Flag, Moment, Name, Version
from vedette.facts.record import Record
from vedette.formats.cvd import DatabaseHead
from vedette.host import Host, Parser
from vedette.inventory import Unread, is_there
from vedette.inventory.protection.record import PROTECTION, Product
from vedette.inventory.software.databases import apk, dpkg, rpm

HEAD: Final = Parser("vedette.formats.cvd:head", DatabaseHead)

_PROGRAMS: Final = ("/usr/sbin/clamd", "/usr/bin/clamscan", "/usr/local/sbin/clamd")
_PACKAGES: Final = re.compile(
    r"clamav(?:-(?:base|daemon|lib|libs|server|scanner|filesystem))?|clamd"
)
_UPSTREAM: Final = re.compile(r"(?:\d+:)?(\d+(?:\.\d+)+)")
_CONFIGURATIONS: Final = (
    "/etc/clamav/clamd.conf",
    "/etc/clamd.d/scan.conf",
    "/etc/clamd.conf",
    "/etc/clamav/freshclam.conf",
    "/etc/freshclam.conf",
)
_FOLDER: Final = "/var/lib/clamav"
_DAILY: Final = ("daily.cld", "daily.cvd")
_LOGS: Final = "/var/log/clamav"
_LOG_LIMIT: Final = 8 << 20
_ENDED: Final = re.compile(rb"^(?:.{0,64}-> )?End Date: +(\d{4}):(\d\d):(\d\d) ", re.MULTILINE)


def read(host: Host) -> Iterator[Record | Unread]:
    if not any(is_there(host, program) for program in _PROGRAMS):
        return
    running = _running(host) if host.live else None
    settings = _settings(host)
    newest: DatabaseHead | None = None
    try:
        newest = _database(host, settings.get("databasedirectory", _FOLDER))
    except Unreadable as error:
        yield Unread(PROTECTION, error.reason)
    engine = last_scan = None
    try:
        engine = _engine(host)
    except Unreadable as error:
        yield Unread(PROTECTION, error.reason)
    try:
        last_scan = _last_scan(host)
    except Unreadable as error:
        yield Unread(PROTECTION, error.reason)
    yield Product(
        product=Name("ClamAV", host.private),
        enabled=None if running is None else Flag("clamd" in running),
        real_time=None if running is None else Flag({"clamd", "clamonacc"} <= running),
        engine_version=Version(engine, host.private) if engine else None,
        database_version=Version(str(newest.version)) if newest else None,
        database_time=Moment(newest.built) if newest and newest.built else None,
        last_scan=Day(last_scan) if last_scan else None,
    )


def _running(host: Host) -> frozenset[str]:
    """The names of the programs that run."""
    found = set()
    for entry in host.files.entries("/proc"):
        if entry.name.isdecimal():
            try:
                comm = host.files.read(f"/proc/{entry.name}/comm", limit=64)
            except Unreadable:
                continue  # it ended meanwhile
            found.add(comm.decode("utf-8", "replace").strip())
    return frozenset(found)


def _settings(host: Host) -> dict[str, str]:
    """The settings of its daemon, and of what fetches its databases, by their names in lower case."""
    found: dict[str, str] = {}
    for path in _CONFIGURATIONS:
        try:
            text = host.files.read(path, limit=256 << 10).decode("utf-8", "replace")
        except Unreadable:
            continue
        for line in text.splitlines():
            name, _, value = line.strip().partition(" ")
            if name and not name.startswith("#"):
                found.setdefault(name.lower(), value.strip())
    return found


def _database(host: Host, folder: str) -> DatabaseHead | None:
    """The head of the daily database, of the newer one where there are two. Raises ``Unreadable``."""
    names = {entry.name for entry in host.files.entries(folder)}
    heads = [host.parse(HEAD, f"{folder}/{name}") for name in _DAILY if name in names]
    return max(heads, key=lambda head: head.version, default=None)


def _engine(host: Host) -> str | None:
    """The version that its package has from its makers. Raises ``Unreadable``."""
    for package in chain(dpkg(host), apk(host), rpm(host)):
        if package.version and _PACKAGES.fullmatch(package.name):
            found = _UPSTREAM.match(package.version)
            return found[1] if found else None
    return None


def _last_scan(host: Host) -> datetime | None:
    """The day on which, says a log, a scan last ended. Raises ``Unreadable``."""
    days = []
    for entry in host.files.entries(_LOGS):
        if entry.kind == "file" and entry.name.endswith(".log"):
            log = host.files.read(f"{_LOGS}/{entry.name}", limit=_LOG_LIMIT)
            days += [tuple(map(int, found)) for found in _ENDED.findall(log)]
    return _day(max(days)) if days else None


def _day(parts: tuple[int, ...]) -> datetime | None:
    try:
        return datetime.fromisoformat("{:04}-{:02}-{:02}T12:00:00+00:00".format(*parts))
    except ValueError:
        return None
