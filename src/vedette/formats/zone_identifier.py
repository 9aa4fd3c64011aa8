"""The mark that Windows puts on what was downloaded: a file's stream ``Zone.Identifier``.

A text of keys in sections, as in [MS-FSCC] 5.6.1::

    [ZoneTransfer]
    ZoneId=3
    ReferrerUrl=https://example.org/
    HostUrl=https://example.org/tool.exe
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vedette.formats.text import decoded

LONGEST: Final = 64 << 10
_SECTION: Final = "[zonetransfer]"
_UNKNOWN: Final = "about:"  # "about:internet": from the internet, and no more is known


@dataclass(frozen=True, slots=True)
class ZoneIdentifier:
    """Where a file came from. ``zone``: 0 this computer, 1 the intranet, 2 trusted, 3 the internet, 4 restricted.

    ``url`` is its own address, ``referrer`` that of the page that led to it, as written; ``None`` where there is none.
    """

    zone: int | None
    url: str | None
    referrer: str | None


def parse(data: bytes) -> ZoneIdentifier | None:
    """What the stream ``data`` says, keys in any case; ``None`` where it has no such section. Never raises."""
    lines = [line.strip() for line in decoded(data[:LONGEST]).replace("\0", "").splitlines()]
    found: dict[str, str] | None = None
    inside = False
    for line in lines:
        if line.startswith("["):
            inside = line.lower() == _SECTION
            found = found if found is not None or not inside else {}
        elif inside and found is not None:
            key, equals, value = line.partition("=")
            if equals:
                found.setdefault(key.strip().lower(), value.strip())
    if found is None:
        return None
    zone = found.get("zoneid", "")
    return ZoneIdentifier(
        int(zone) if zone.isascii() and zone.isdecimal() and len(zone) == 1 else None,
        _address(found.get("hosturl")),
        _address(found.get("referrerurl")),
    )


def _address(written: str | None) -> str | None:
    if not written or written.lower().startswith(_UNKNOWN):
        return None
    return written
