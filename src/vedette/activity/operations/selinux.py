"""Denials of SELinux: AVC messages (https://selinuxproject.org/page/NB_AL, "AVC Audit Events").

Of the two contexts the types are told, which a policy names; not users, roles or levels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vedette.activity import Finding, LogSource
from vedette.activity.operations.record import operation
from vedette.clock import EPOCH
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record
from vedette.formats.audit import fields
from vedette.host.events import LogEntry

_AVC = re.compile(r"\bavc: +(?P<answer>denied|granted) +\{ (?P<permissions>[a-z_ ]{1,200}) \} for ")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
_TYPE: Final = 2  # of user:role:type:level


def read(entry: LogEntry, private: PrivateNames) -> Iterator[Record | Finding]:
    avc = _AVC.search(entry.text)
    if avc is None or avc["answer"] != "denied":
        return
    found = fields(entry.text[avc.end() :])
    kind = found.get("tclass", "")
    first = avc["permissions"].split()[0] if avc["permissions"].split() else "access"
    yield operation(
        f"selinux_{kind}_{first}" if _WORD.fullmatch(kind) else f"selinux_{first}",
        f"{_type(found.get('scontext', ''))} {_type(found.get('tcontext', ''))}",
        "audited" if found.get("permissive") == "1" else "denied",
        entry.time or EPOCH,
        private,
        application=found.get("exe") or found.get("comm"),
        target=found.get("path") or found.get("name"),
        product="SELinux",
    )


def _type(context: str) -> str:
    parts = context.split(":")
    return parts[_TYPE] if len(parts) > _TYPE else "unlabeled"


SOURCE = LogSource("selinux", frozenset({"kernel", "audit"}), read)
