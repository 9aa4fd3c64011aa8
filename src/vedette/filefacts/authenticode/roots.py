"""The certificates that trust begins with: Microsoft's programme, and those that the caller adds."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vedette.errors import CertificateInvalid, EncodingInvalid
from vedette.filefacts.authenticode.authroot import Limits, programme
from vedette.filefacts.authenticode.certificate import Certificate, read_certificate

UNLIMITED: Final = Limits()
_PEM: Final = re.compile(rb"-----BEGIN (?:TRUSTED )?CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A trusted certificate and what it may vouch for."""

    certificate: Certificate
    limits: Limits


class Roots:
    """Microsoft's programme and the ``extra`` certificates, which may vouch for everything."""

    def __init__(self, extra: Sequence[Certificate] = ()) -> None:
        self._extra = tuple(extra)

    def named(self, subject: bytes) -> list[Anchor]:
        """The anchors with the encoded name ``subject``, the extra ones first."""
        found = [Anchor(root, UNLIMITED) for root in self._extra if root.subject == subject]
        for root in programme().get(hashlib.md5(subject, usedforsecurity=False).digest(), ()):
            found.append(Anchor(read_certificate(root.certificate), root.limits))
        return found

    def anchor(self, certificate: Certificate) -> Anchor | None:
        """``certificate`` as an anchor, if it is one."""
        for anchor in self.named(certificate.subject):
            if anchor.certificate.fingerprint == certificate.fingerprint:
                return anchor
        return None


@functools.lru_cache(maxsize=8)
def roots_with(extra: tuple[bytes, ...]) -> Roots:
    """The programme with ``extra`` roots, each DER or PEM of one or more certificates.

    Raises ``CertificateInvalid`` where one cannot be read: it is the caller's, not the file's.
    """
    return Roots([certificate for encoded in extra for certificate in read_roots(encoded)])


def read_roots(encoded: bytes) -> list[Certificate]:
    """The certificates in ``encoded``, DER or PEM. Raises ``CertificateInvalid``."""
    blocks = [base64.b64decode(match[1]) for match in _PEM.finditer(encoded)] or [encoded]
    try:
        return [read_certificate(block) for block in blocks]
    except EncodingInvalid as error:
        raise CertificateInvalid(
            "a trust root cannot be read", "give a certificate in PEM or DER"
        ) from error
