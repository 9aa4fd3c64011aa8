"""The facts about a driver's file that an inventory tells: of a portable executable or of a Linux kernel module.

Fewer than those about a launched program, and so many times quicker: a computer has hundreds of drivers.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from vedette.filefacts.authenticode import verify
from vedette.filefacts.content import Content, chunks, content_of
from vedette.filefacts.driver_facts import DriverFacts
from vedette.filefacts.inspect import prepare
from vedette.filefacts.kernel_module import read_module
from vedette.filefacts.pe import read_pe, signature_offset

__all__ = ["driver", "prepare"]

UNVERIFIED: Final = "unverified"


def driver(descriptor: int, *, now: datetime) -> DriverFacts:
    """The facts about the regular file open as ``descriptor``. ``now`` is when certificates are judged at.

    Raises ``Unreadable`` where the file is no driver, or cannot be read.
    """
    with content_of(descriptor) as content:
        size, sha256 = len(content), _sha256(content)
        offset = signature_offset(content)
        if offset is None:
            module = read_module(content)
            return DriverFacts(
                size=size,
                sha256=sha256,
                version=module.version,
                signer=module.signer,
                signature=UNVERIFIED if module.signed else "none",
            )
        pe = read_pe(content, offset).facts
        signature = verify(content, (), now)
        return DriverFacts(
            size=size,
            sha256=sha256,
            version=(pe.version or {}).get("FileVersion"),
            machine=pe.machine,
            signer=signature.signer,
            signature=signature.chain,
            digest_valid=signature.digest_valid,
        )


def _sha256(content: Content) -> str:
    digest = hashlib.sha256()
    for chunk in chunks(content):
        digest.update(chunk)
    return digest.hexdigest()
