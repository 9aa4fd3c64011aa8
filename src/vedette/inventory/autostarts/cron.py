"""What cron and anacron start (crontab(5), anacrontab(5)), and the scripts that Debian, Fedora and Alpine have them run
every hour, day, week and month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.facts.record import Record
from vedette.host import Host
from vedette.inventory import Unread, entries
from vedette.inventory.autostarts.record import AUTOSTARTS, autostart

_LIMIT: Final = 256 << 10
_TABLES: Final = ("/etc/crontab",)
_FOLDERS_OF_TABLES: Final = ("/etc/cron.d",)
# Of one account each, by its name.
_FOLDERS_OF_USERS: Final = ("/var/spool/cron/crontabs", "/var/spool/cron", "/etc/crontabs")
_ANACRON: Final = "/etc/anacrontab"
_OFTEN: Final = ("hourly", "daily", "weekly", "monthly", "yearly", "15min")
_FOLDERS_OF_SCRIPTS: Final = tuple(
    f"{place}{often}" for often in _OFTEN for place in ("/etc/cron.", "/etc/periodic/")
)

_TIMES: Final = r"(?:@\w+|[^\s#=]\S*(?:\s+\S+){4})\s+"
_OF_USER: Final = re.compile(rf"\s*-?{_TIMES}(?P<command>\S.*)")
_OF_SYSTEM: Final = re.compile(rf"\s*-?{_TIMES}\S+\s+(?P<command>\S.*)")
_OF_ANACRON: Final = re.compile(r"\s*(?:@\w+|\d+)\s+\d+\s+(?P<name>\S+)\s+(?P<command>\S.*)")
# What follows a percent sign is what the command reads.
_INPUT: Final = re.compile(r"(?<!\\)%")
# A line of the shell may be several commands; operators in quotes part nothing.
_COMMAND: Final = re.compile(
    r"""(?:[^;&|(){}"'\\]|\\.|"(?:\\.|[^"\\])*(?:"|$)|'[^']*(?:'|$)|(?<=[<>])&|&(?=>)|[{}](?=\S)|(?<=\S)[{}])+"""
)
# What only decides whether the next runs, or where.
_CONDITIONS: Final = frozenset({"test", "[", "[[", "cd", ":", "true", "if", "then", "fi", "else"})
_SETTING: Final = re.compile(r"""\s*["']?[A-Za-z_]\w*["']?\s*=""")


def read(host: Host) -> Iterator[Record | Unread]:
    for path in _TABLES:
        yield from _table(host, path, "crontab", _OF_SYSTEM)
    for folder in _FOLDERS_OF_TABLES:
        for name in _files(host, folder):
            yield from _named(host, folder, name, _OF_SYSTEM)
    for folder in _FOLDERS_OF_USERS:
        for name in _files(host, folder):
            yield from _named(host, folder, name, _OF_USER)
    yield from _table(host, _ANACRON, "anacrontab", _OF_ANACRON)
    for folder in _FOLDERS_OF_SCRIPTS:
        for name in _files(host, folder):
            if isinstance(name, Unread):
                yield name
            elif not name.startswith("."):
                yield autostart(
                    host.private,
                    place=folder,
                    role="cron",
                    name=name,
                    command=f"{folder}/{name}",
                )


def _files(host: Host, folder: str) -> Iterator[str | Unread]:
    for entry in entries(AUTOSTARTS, host, folder):
        if isinstance(entry, Unread):
            yield entry
        elif entry.kind in {"file", "link"}:
            yield entry.name


def _named(
    host: Host, folder: str, name: str | Unread, form: re.Pattern[str]
) -> Iterator[Record | Unread]:
    if isinstance(name, Unread):
        yield name
    # cron passes over hidden files; of Alpine's, one says which tables have changed.
    elif not name.startswith(".") and name != "cron.update":
        yield from _table(host, f"{folder}/{name}", name, form)


def _table(host: Host, path: str, name: str, form: re.Pattern[str]) -> Iterator[Record | Unread]:
    try:
        text = host.files.read(path, limit=_LIMIT).decode("utf-8", "replace")
    except Unreadable as error:
        if error.reason != "missing":
            yield Unread(AUTOSTARTS, error.reason)
        return
    for line in text.split("\n"):
        found = form.match(line)
        if found and not _SETTING.match(line):
            groups = found.groupdict()
            for command in _commands(_INPUT.split(found["command"], maxsplit=1)[0]):
                yield autostart(
                    host.private,
                    place=path,
                    role="cron",
                    name=groups.get("name") or name,
                    command=command,
                )


def _commands(line: str) -> list[str]:
    """The commands in a line of the shell that do something; all, where none does."""
    every = [part for part in map(str.strip, _COMMAND.findall(line)) if part]
    return [part for part in every if part.split()[0] not in _CONDITIONS] or every
