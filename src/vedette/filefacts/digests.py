"""The hashes of a file: three that name it, one that places it near others like it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import tlsh

from vedette.filefacts.content import Content, chunks


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
    near = tlsh.Tlsh()
    for chunk in chunks(content):
        sha256.update(chunk)
        sha1.update(chunk)
        md5.update(chunk)
        near.update(chunk)
    return Digests(sha256.hexdigest(), sha1.hexdigest(), md5.hexdigest(), _similarity(near))


def _similarity(near: tlsh.Tlsh) -> str | None:
    try:
        near.final()
        similarity: str = near.hexdigest()
    except ValueError:  # fewer than 50 bytes, or too little variation among them
        return None
    return similarity
