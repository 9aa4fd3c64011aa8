"""The back ends and filters of CUPS: programs that its scheduler runs (cupsd(8), backend(7), filter(7), mime.convs(5)).

They lie in two folders below ServerBin. A rule of conversion or the description of a printer may also name a filter
that lies anywhere: the one thing that is read from them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from vedette.errors import Unreadable
from vedette.facts.kinds import Name, Path, Word
from vedette.facts.record import Record
from vedette.formats.text import decoded
from vedette.host import Host
from vedette.inventory import Unread, entries
from vedette.inventory.print_extensions.record import PRINT_EXTENSIONS, PrintExtension

_SETTINGS = "/etc/cups/cups-files.conf"
_SERVER_BIN = re.compile(r"^[ \t]*ServerBin[ \t]+(/\S*)", re.MULTILINE | re.IGNORECASE)
_USUAL = ("/usr/lib/cups", "/usr/lib64/cups", "/usr/libexec/cups", "/usr/local/lib/cups")
_FOLDERS = {"backend": "backend", "filter": "filter"}
_RULES = ("/usr/share/cups/mime", "/usr/local/share/cups/mime", "/etc/cups")
_DESCRIPTIONS = "/etc/cups/ppd"
_RULES_LIMIT = 256 << 10
# Descriptions with many languages are large.
_DESCRIPTION_LIMIT = 8 << 20
# Source, destination, cost, program.
_RULE = re.compile(r"^[ \t]*[^#\s]\S*[ \t]+\S+[ \t]+\d+[ \t]+(/[^\r\n]*)", re.MULTILINE)
# '*cupsFilter: "source cost program"', '*cupsFilter2: "source destination cost maxsize(n) program"'.
_DESCRIBED = re.compile(
    r'^\*cups(?:PreFilter|Filter2?)\s*:\s*"[^"\r\n]*?[ \t)](/[^"\r\n]*)', re.MULTILINE
)


def programs(host: Host) -> Iterator[Record | Unread]:
    places = list(_USUAL)
    try:
        settings = decoded(host.files.read(_SETTINGS, limit=_RULES_LIMIT))
        places += [found[1].rstrip("/") for found in _SERVER_BIN.finditer(settings)]
    except Unreadable as error:
        if error.reason != "missing":
            yield Unread(PRINT_EXTENSIONS, error.reason)
    for place in dict.fromkeys(places):
        for role, folder in _FOLDERS.items():
            for entry in entries(PRINT_EXTENSIONS, host, f"{place}/{folder}"):
                if isinstance(entry, Unread):
                    yield entry
                elif entry.kind in {"file", "link"}:
                    yield _extension(host, role, f"{place}/{folder}/{entry.name}")


def rules(host: Host) -> Iterator[Record | Unread]:
    for folder in _RULES:
        yield from _filters(host, folder, ".convs", _RULES_LIMIT, _RULE)


def descriptions(host: Host) -> Iterator[Record | Unread]:
    return _filters(host, _DESCRIPTIONS, ".ppd", _DESCRIPTION_LIMIT, _DESCRIBED)


def _filters(
    host: Host, folder: str, suffix: str, limit: int, naming: re.Pattern[str]
) -> Iterator[Record | Unread]:
    """The programs that ``naming`` finds in the files of ``folder``, each once."""
    found: set[str] = set()
    for entry in host.files.entries(folder):
        if not entry.name.lower().endswith(suffix):
            continue
        try:
            text = decoded(host.files.read(f"{folder}/{entry.name}", limit=limit))
        except Unreadable as error:
            yield Unread(PRINT_EXTENSIONS, error.reason)
            continue
        found.update(named[1].strip() for named in naming.finditer(text))
    for program in sorted(found):
        yield _extension(host, "filter", program)


def _extension(host: Host, role: str, program: str) -> PrintExtension:
    return PrintExtension(
        role=Word(role),
        name=Name(posixpath.basename(program) or program, host.private),
        library=Path(program, host.private),
    )
