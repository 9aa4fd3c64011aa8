"""The services of OpenRC, as Alpine and Gentoo have them (openrc-run(8), rc-update(8)).

A service is a script in /etc/init.d, and starts by itself where a runlevel has a link to it. A link from one script to
another is another instance of that (``net.eth0``, ``user.anna``) and tells of it under its own name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.services.record import SERVICES, Service, account_kind

SCRIPTS = "/etc/init.d"
_RUNLEVELS = "/etc/runlevels"
# What runs in it stops the computer.
_ENDING = "shutdown"
_LIMIT = 256 << 10
_INTERPRETER = re.compile(rb"#!\s*\S*/(?:openrc-run|runscript)\s*$", re.MULTILINE)
_SETTING = re.compile(
    r"""^[ \t]*(command|command_user|supervisor)=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s;#]*))""",
    re.MULTILINE,
)
_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:[-=]([^${}]*)\}")


def read(host: Host) -> Iterator[Record | Unread]:
    scripts = host.files.entries(SCRIPTS)
    if not scripts:
        return
    wanted: set[str] = set()
    try:
        for level in host.files.entries(_RUNLEVELS):
            if level.kind == "folder" and level.name != _ENDING:
                wanted.update(e.name for e in host.files.entries(f"{_RUNLEVELS}/{level.name}"))
    except Unreadable as error:
        yield Unread(SERVICES, error.reason)
    instances = {e.name: posixpath.basename(e.target) for e in scripts if e.target}
    names = {e.name for e in scripts}
    wanted |= {instances[name] for name in wanted if name in instances}
    for entry in scripts:
        if entry.kind not in {"file", "link"} or instances.get(entry.name) in names:
            continue
        try:
            content = host.files.read(f"{SCRIPTS}/{entry.name}", limit=_LIMIT)
        except Unreadable as error:
            yield Unread(SERVICES, error.reason)
            continue
        if is_openrc(content):
            yield _service(host, entry.name, content, entry.name in wanted)


def is_openrc(script: bytes) -> bool:
    """Whether a script is run by OpenRC itself; another is one of System V."""
    return bool(_INTERPRETER.match(script))


def _service(host: Host, name: str, script: bytes, wanted: bool) -> Service:
    settings: dict[str, str] = {}
    for found in _SETTING.finditer(script.decode("utf-8", "replace")):
        # An unset variable is what stands behind ":-" in it.
        settings.setdefault(found[1], _DEFAULT.sub(r"\1", found[2] or found[3] or found[4] or ""))
    program = settings.get("command", "")
    return Service(
        name=Name(name, host.private),
        kind=Word("supervised" if settings.get("supervisor") else "script"),
        start=Word("auto" if wanted else "demand"),
        image=Path(program, host.private) if program else None,
        account_kind=Word(
            account_kind(settings.get("command_user", "").partition(":")[0], host.private)
        ),
    )
