"""The status file of dpkg, of Debian and its kin (deb822(5), dpkg(1) "Information about packages")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.formats.package import Package, maker

# Whatever state a package is in, its programs are there, unless it is one of these.
_GONE: Final = frozenset({"not-installed", "config-files"})
_FIELDS: Final = re.compile(
    rb"^(Package|Status|Version|Maintainer)[ \t]*:[ \t]*(.*?)[ \t\r]*$",
    re.MULTILINE | re.IGNORECASE,
)


def packages(status: bytes) -> Iterator[Package]:
    """The installed packages of a status file, or of a part of one as systems without dpkg keep them
    (``status.d``), where packages have no status. A stanza that names no package is passed over.
    """
    start = 0
    while start < len(status):
        end = status.find(b"\n\n", start)
        end = len(status) if end < 0 else end
        fields: dict[bytes, str] = {}
        for name, value in _FIELDS.findall(status, start, end):
            fields.setdefault(name.lower(), value.decode("utf-8", "replace"))
        start = end + 1
        state = fields.get(b"status", "installed").rpartition(" ")[2].lower()
        if (name := fields.get(b"package")) and state not in _GONE:
            yield Package(name, fields.get(b"version") or None, maker(fields.get(b"maintainer")))
