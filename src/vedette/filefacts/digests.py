"""The hashes of a file: three that name it, one that places it near others like it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from vedette.filefacts.content import Content, chunks

try:
    import tlsh
except ImportError:  # it has no wheel for this processor
    tlsh = None

_VERSION: Final = 1  # the digest's own, its prefix T1


@dataclass(frozen=True, slots=True)
class Digests:
    """Lower-case hexadecimal, but ``similarity``: TLSH with its version prefix ``T1``, or None."""

    sha256: str
    sha1: str
    md5: str
    similarity: str | None


def digest(content: Content) -> Digests:
    """All of them in one pass. MD5 and SHA-1 are names that others use, and prove nothing."""
    sha256 = hashlib.sha256()
    sha1 = hashlib.sha1(usedforsecurity=False)
    md5 = hashlib.md5(usedforsecurity=False)
    near = tlsh.Tlsh() if tlsh else None
    for chunk in chunks(content):
        sha256.update(chunk)
        sha1.update(chunk)
        md5.update(chunk)
        if near is not None:
            near.update(chunk)
    similarity = None
    if near is not None:
        near.final()
        if near.valid:  # not of fewer than 50 bytes, or too little variation among them
            similarity = near.hexdigest(_VERSION)
    return Digests(sha256.hexdigest(), sha1.hexdigest(), md5.hexdigest(), similarity)
