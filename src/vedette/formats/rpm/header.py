"""The header of one package, as rpm keeps it in its database (rpm documentation, "Package format V4", "Header format",
without the magic that it has in files).
"""

from __future__ import annotations

import struct
from typing import Final

from vedette.formats.package import Package

_NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR = 1000, 1001, 1002, 1003, 1011
_WANTED: Final = frozenset({_NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR})
_INT32, _STRING, _I18N = 4, 6, 9
_ENTRY: Final = struct.Struct(">IiiI")
_MOST_ENTRIES: Final = 1 << 16
_LONGEST: Final = 260
# A key that somebody trusts, kept as if it were a package.
_KEYS: Final = "gpg-pubkey"


def package(blob: bytes) -> Package | None:
    """The package that the header ``blob`` is of; ``None`` for what is kept like one and is none.

    Raises ``ValueError`` where it is damaged.
    """
    if len(blob) < 8:
        raise ValueError("a header is too short")
    count, _ = struct.unpack_from(">II", blob)
    data = 8 + count * _ENTRY.size
    if not 0 < count <= _MOST_ENTRIES or data > len(blob):
        raise ValueError("a header has another size than it says")
    found: dict[int, str] = {}
    for place in range(8, data, _ENTRY.size):
        tag, kind, offset, _ = _ENTRY.unpack_from(blob, place)
        if tag in _WANTED and tag not in found:
            found[tag] = _value(blob, kind, data + offset, data)
    name, version = found.get(_NAME), found.get(_VERSION)
    if not name:
        raise ValueError("a header names no package")
    if name == _KEYS:
        return None
    if version:
        epoch, release = found.get(_EPOCH), found.get(_RELEASE)
        version = f"{epoch}:{version}" if epoch and epoch != "0" else version
        version = f"{version}-{release}" if release else version
    vendor = found.get(_VENDOR, "")
    return Package(
        name, version or None, vendor if vendor.strip("()") not in {"", "none"} else None
    )


def _value(blob: bytes, kind: int, start: int, data: int) -> str:
    if not data <= start < len(blob):
        raise ValueError("a value lies outside of its header")
    if kind == _INT32:
        return str(int.from_bytes(blob[start : start + 4], "big"))
    if kind not in {_STRING, _I18N}:
        raise ValueError("a value has another kind than its tag")
    end = blob.find(b"\0", start)
    text = blob[start : end if end >= 0 else len(blob)]
    return text.decode("utf-8", "replace")[:_LONGEST].strip()
