"""What somebody could have put into a signed message without breaking its signature.

Not everything in a SignedData is signed: unsigned attributes, certificates that nobody needs, revocation lists, and
fields that readers skip. Installers carry campaign codes there, and others what they like; none of it makes a
signature invalid, so it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import oids
from vedette.filefacts.authenticode.algorithm import signature_digest
from vedette.filefacts.authenticode.certificate import Certificate
from vedette.filefacts.authenticode.chain import MAX_LINKS, issued
from vedette.filefacts.authenticode.cms import Attribute, SignedData, Signer, read_signer

_COMMON: Final = 8 << 10
_WITHIN: Final = frozenset(
    {
        oids.COUNTER_SIGNATURE,
        oids.MICROSOFT_TIMESTAMP,
        oids.TIMESTAMP_TOKEN,
        oids.NESTED_SIGNATURE,
    }
)


def surplus(data: SignedData) -> Iterator[str]:
    """What is in ``data`` that no signature covers and no reader needs, in a few words each."""
    if data.surplus:
        yield f"{data.surplus} bytes in the signature where none belong"
    if data.unread:
        yield f"{data.unread} certificates in the signature cannot be read"
    if data.lists:
        yield f"{data.lists} bytes of revocation lists in the signature, not looked at"
    for signer in data.signers:
        for attribute in signer.unsigned:
            if not _expected(attribute):
                yield f"unknown unsigned attribute {attribute.oid[:64]} of {attribute.size} bytes"
    idle = _idle(data)
    if idle:
        size = sum(len(certificate.der) for certificate in idle)
        yield f"{len(idle)} certificates in the signature, of {size} bytes, take no part in it"


def _expected(attribute: Attribute) -> bool:
    """Whether the attribute is judged elsewhere, or is one that Microsoft's tools leave, of a common size."""
    return attribute.oid in _WITHIN or (
        attribute.oid in oids.HARMLESS_UNSIGNED and attribute.size <= _COMMON
    )


def _idle(data: SignedData) -> list[Certificate]:
    """The certificates that are on no way up from a signer's or countersigner's, or that are not what they were."""
    reached = {
        certificate
        for signer in _signers(data)
        if (certificate := signer.certificate(data.certificates)) is not None
    }
    fresh = list(reached)
    links = MAX_LINKS
    while fresh:
        below = fresh.pop()
        for other in data.certificates:
            if links and other not in reached and other.subject == below.issuer:
                links -= 1
                if issued(below, other):
                    reached.add(other)
                    fresh.append(other)
    return [
        certificate
        for certificate in data.certificates
        if certificate not in reached or _spoilt(certificate)
    ]


def _spoilt(certificate: Certificate) -> bool:
    """Whether a root's own signature does not hold. Nobody needs it to, so the rest of it could be anything."""
    return (
        certificate.self_issued
        and signature_digest(certificate.algorithm) is not None
        and not issued(certificate, certificate)
    )


def _signers(data: SignedData) -> Sequence[Signer]:
    found = list(data.signers)
    for signer in data.signers:
        for attribute in signer.unsigned:
            if attribute.oid == oids.COUNTER_SIGNATURE:
                for value in attribute.values:
                    try:
                        found.append(read_signer(value))
                    except EncodingInvalid:
                        continue
    return found
