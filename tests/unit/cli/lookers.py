"""What a sandbox runs in tests of ``vedette inspect``: it hashes a file, or does what the file says."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime

from vedette.filefacts.facts import FileFacts, Packer, PeFacts, SignatureFacts


def look(descriptor: int, *, now: datetime, trust_roots: Sequence[bytes]) -> FileFacts:
    content = os.pread(descriptor, 1 << 20, 0)
    if content == b"crash":
        os.abort()
    signed = SignatureFacts(
        present=True,
        digest_valid=False,
        chain="untrusted",
        signer="Ann\x1b[2J",
        problems=[f"{len(trust_roots)} roots"],
    )
    return FileFacts(
        sha256=hashlib.sha256(content).hexdigest(),
        sha1=hashlib.sha1(content).hexdigest(),
        md5=hashlib.md5(content).hexdigest(),
        size=len(content),
        entropy=1.5,
        similarity=None,
        kind="pe" if content == b"program" else "other",
        pe=PeFacts(machine="AMD64", version={"Name": "x"}) if content == b"program" else None,
        packer=Packer("UPX", ["two sections"]) if content == b"program" else None,
        signature=signed if content == b"program" else None,
    )
