"""Where a file came from, as programs write it onto the file itself.

Browsers, curl and wget use extended attributes for it (freedesktop.org, Common Extended Attributes); a file on a
Windows disk has its stream ``Zone.Identifier``, which NTFS-3G shows as an attribute too.
"""

from __future__ import annotations

import os
from typing import Final

from vedette.formats import zone_identifier

_ORIGIN: Final = "user.xdg.origin.url"
_REFERRER: Final = "user.xdg.referrer.url"
_ZONES: Final = ("user.Zone.Identifier", "user.ZoneIdentifier")


def origin(path: str, descriptor: int) -> str | None:  # noqa: ARG001 - other systems need the path
    """The address of the file open as ``descriptor``, or else of the page that led to it, as written; ``None`` where
    nothing is. Never raises.
    """
    found = _text(descriptor, _ORIGIN)
    if found:
        return found
    for name in _ZONES:
        zone = zone_identifier.parse(_attribute(descriptor, name))
        if zone is not None and (zone.url or zone.referrer):
            return zone.url or zone.referrer
    return _text(descriptor, _REFERRER)


def _text(descriptor: int, name: str) -> str | None:
    return _attribute(descriptor, name).decode("utf-8", "replace").strip("\0 \t\r\n") or None


def _attribute(descriptor: int, name: str) -> bytes:
    """The attribute, which the kernel bounds to 64 KiB; nothing where there is none or it cannot be read."""
    try:
        return os.getxattr(descriptor, name)
    except OSError:
        return b""
