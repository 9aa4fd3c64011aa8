"""Services that are scripts of System V in /etc/init.d, started by links in /etc/rc?.d.

systemd makes units of those scripts that have none of their name (systemd-sysv-generator(8)), so the others are told as
units and not again here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.services import systemd
from vedette.inventory.services.openrc import SCRIPTS, is_openrc
from vedette.inventory.services.record import SERVICES, Service

_RUNLEVELS = [f"{place}/rc{level}.d" for place in ("/etc", "/etc/rc.d") for level in "S2345"]
_STARTED = re.compile(r"S\d\d(.+)")
_LIMIT = 256 << 10
# The libraries and helpers that lie among the scripts.
_NO_SERVICES = {"functions", "functions.sh", "rc", "rcS", "skeleton", "README"}
_PROGRAM = re.compile(r"""^[ \t]*DAEMON=(?:"([^"\n$]+)"|'([^'\n]+)'|([^\s;#"'$]+))""", re.MULTILINE)


def read(host: Host) -> Iterator[Record | Unread]:
    scripts = host.files.entries(SCRIPTS)
    if not scripts:
        return
    wanted: set[str] = set()
    for level in _RUNLEVELS:
        try:
            links = host.files.entries(level)
        except Unreadable as error:
            yield Unread(SERVICES, error.reason)
            continue
        wanted.update(found[1] for link in links if (found := _STARTED.fullmatch(link.name)))
    units = systemd.names(host)
    for entry in scripts:
        name = entry.name
        if entry.kind not in {"file", "link"} or name in _NO_SERVICES or name.startswith("."):
            continue
        if name.removesuffix(".sh") in units:
            continue
        try:
            content = host.files.read(f"{SCRIPTS}/{name}", limit=_LIMIT)
        except Unreadable as error:
            yield Unread(SERVICES, error.reason)
            continue
        if content.startswith(b"#!") and not is_openrc(content):
            found = _PROGRAM.search(content.decode("utf-8", "replace"))
            program = found and (found[1] or found[2] or found[3])
            yield Service(
                name=Name(name, host.private),
                kind=Word("script"),
                start=Word("auto" if name in wanted else "demand"),
                image=Path(program, host.private) if program else None,
                account_kind=Word("system"),  # scripts are started as root
            )
