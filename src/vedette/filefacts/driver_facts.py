"""What is said of a driver's file, and how to ask for it. What looks at the file lies in ``driver.py``, and is imported
by nobody but the shut-in worker: it is large.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vedette.host import Parser


class DriverFacts(msgspec.Struct, frozen=True, kw_only=True):
    """``sha256`` is that of the file as it lies there, in lower-case hexadecimal digits.

    ``signature`` is the word for the chain of an Authenticode signature (``none`` where there is no signer), or
    ``unverified`` for a kernel module that carries one; ``digest_valid`` whether the bytes are those that were signed.
    """

    size: int
    sha256: str
    version: str | None = None
    machine: str | None = None
    signer: str | None = None
    signature: str | None = None
    digest_valid: bool | None = None


DRIVER: Final = Parser("vedette.filefacts.driver:driver", DriverFacts, dated=True)
"""Answers for a portable executable or a Linux kernel module, and is ``Unreadable`` for anything else."""
