"""The fields of a message of the Linux audit system (https://github.com/linux-audit/audit-documentation, "Audit event
parsing"), in auditd's log or in the kernel's.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 16 << 10
_FIELD = re.compile(r'(?P<name>[A-Za-z_][\w-]*)=(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"]*))')
_HEX = re.compile(r"(?:[0-9A-F]{2})+")
# Whatever people or programs choose is in quotes, or, with characters that would break out of them, in hexadecimal.
_ENCODED: Final = frozenset({"name", "comm", "exe", "path", "profile", "srcname", "target", "peer"})


def fields(text: str) -> dict[str, str]:
    """The fields of ``text`` by name, the first of each; values are decoded."""
    found: dict[str, str] = {}
    for each in _FIELD.finditer(text[:_LONGEST]):
        name, quoted, plain = each["name"], each["quoted"], each["plain"]
        if name not in found:
            found[name] = quoted if quoted is not None else _decoded(name, plain)
    return found


def _decoded(name: str, plain: str) -> str:
    if name in _ENCODED and _HEX.fullmatch(plain):
        return bytes.fromhex(plain).decode("utf-8", "replace").replace("\0", " ").strip()
    return plain
