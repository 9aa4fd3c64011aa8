"""The facts about one file, from an open descriptor."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from vedette.filefacts.authenticode import verify
from vedette.filefacts.authenticode.authroot import programme
from vedette.filefacts.content import content_of
from vedette.filefacts.digests import digest
from vedette.filefacts.entropy import entropies
from vedette.filefacts.facts import FileFacts
from vedette.filefacts.kinds import kind_of
from vedette.filefacts.packers import identify
from vedette.filefacts.pe import packer_view, read_pe, signature_offset


def prepare() -> None:
    """Reads what it needs beside the file: for a process that cannot open anything later."""
    programme()
    # cryptography imports this when OpenSSL has an error to tell, and not before.
    importlib.import_module("cryptography.hazmat.backends.openssl.backend")


def inspect(
    descriptor: int,
    *,
    now: datetime,
    trust_roots: Sequence[bytes] = (),
    signature: bool = True,
) -> FileFacts:
    """The facts about the regular file open for reading as ``descriptor``, whose position is left alone.

    ``now`` (aware) is the time that certificates are judged at, ``trust_roots`` are certificates (PEM or DER) trusted
    beside Microsoft's; without ``signature`` that field is null. Whatever the bytes are, it answers: what could not
    be had is named in ``error``. Raises ``Unreadable`` where there are no bytes to be had at all, and
    ``CertificateInvalid`` for a trust root that cannot be read.
    """
    with content_of(descriptor) as content:
        digests = digest(content)
        facts = FileFacts(
            sha256=digests.sha256,
            sha1=digests.sha1,
            md5=digests.md5,
            size=len(content),
            entropy=entropies(content, [(0, len(content))])[0],
            similarity=digests.similarity,
            kind=kind_of(content),
        )
        offset = signature_offset(content)
        if offset is None:
            return facts
        pe = read_pe(content, offset)
        return msgspec.structs.replace(
            facts,
            error="; ".join(pe.problems) or None,
            pe=pe.facts,
            packer=identify(packer_view(pe, facts.entropy)),
            signature=verify(content, trust_roots, now) if signature else None,
        )
