"""Signed messages: PKCS #7 SignedData (RFC 2315) and its successor in CMS (RFC 5652), as far as they are used here.

Both are read the same way. What is signed is the *content octets* of the inner value: of the octet string in CMS,
of the SpcIndirectDataContent sequence in Authenticode.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der, oids
from vedette.filefacts.authenticode.algorithm import Algorithm, read_algorithm, verifies
from vedette.filefacts.authenticode.certificate import Certificate, read_certificate
from vedette.filefacts.authenticode.der import Element, Fields

MAX_CERTIFICATES: Final = 64
MAX_SIGNERS: Final = 8
# What versions, algorithms and lengths of a structure need.
_FRAME: Final = 256
# Microsoft's timestamp service attests its clock in an attribute certificate of some 850 bytes.
_ATTESTATION: Final = 2048
_IMPLICIT_SET: Final = bytes([der.SET])


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute's type and its values; ``size`` is that of its encoding."""

    oid: str
    values: list[Element]
    size: int


@dataclass(frozen=True, slots=True)
class Signer:
    """A SignerInfo. ``digest`` is the name of its digest algorithm, none where that is unknown.

    ``issuer`` (encoded) and ``serial`` name its certificate, or ``key_identifier`` does. ``surplus`` is as in
    :class:`SignedData`.
    """

    issuer: bytes | None
    serial: bytes | None
    key_identifier: bytes | None
    digest: str | None
    signed_part: bytes | None
    signed: list[Attribute]
    algorithm: Algorithm
    signature: bytes
    unsigned: list[Attribute]
    surplus: int

    def value(self, oid: str) -> Element | None:
        """The one value of the signed attribute ``oid``; none unless it is there once, with one value."""
        found = [attribute for attribute in self.signed if attribute.oid == oid]
        if len(found) != 1 or len(found[0].values) != 1:
            return None
        return found[0].values[0]

    def certificate(self, certificates: Iterable[Certificate]) -> Certificate | None:
        """Its certificate among ``certificates``."""
        for certificate in certificates:
            if self.key_identifier is not None:
                if certificate.key_identifier == self.key_identifier:
                    return certificate
            elif (certificate.issuer, certificate.serial) == (self.issuer, self.serial):
                return certificate
        return None

    def digests(self, content: bytes) -> bool:
        """Whether the signed messageDigest is the digest of ``content`` (RFC 5652, section 11.2)."""
        stated = self.value(oids.MESSAGE_DIGEST)
        return (
            stated is not None
            and self.digest is not None
            and stated.octets() == hashlib.new(self.digest, content, usedforsecurity=False).digest()
        )

    def signed_with(self, certificate: Certificate) -> bool:
        """Whether the certificate's key signed the signed attributes."""
        return self.signed_part is not None and verifies(
            certificate.public_key, self.algorithm, self.signature, self.signed_part, self.digest
        )


@dataclass(frozen=True, slots=True)
class SignedData:
    """A SignedData. ``surplus`` counts bytes where its definition has none or few, ``unread`` certificates
    that could not be read or were too many, ``lists`` the bytes of revocation lists, which nobody looks at.
    """

    content_type: str
    content: Element | None
    certificates: list[Certificate]
    signers: list[Signer]
    surplus: int = 0
    unread: int = 0
    lists: int = 0


def read_signed_data(message: Element) -> SignedData:
    """The SignedData in the ContentInfo ``message``. Raises ``EncodingInvalid``."""
    info = message.fields()
    if info.take(der.OBJECT_IDENTIFIER).oid() != oids.SIGNED_DATA:
        raise EncodingInvalid("a message is not a signed one")
    wrapper = info.take(der.context(0)).fields()
    fields = wrapper.take(der.SEQUENCE).fields()
    fields.take(der.INTEGER)  # version: those in use read alike
    fields.take(der.SET)  # digest algorithms: the signers name theirs again
    inner = fields.take(der.SEQUENCE).fields()
    content_type = inner.take(der.OBJECT_IDENTIFIER).oid()
    explicit = inner.maybe(der.context(0))
    content = None if explicit is None else explicit.only()
    parts = fields.maybe(der.context(0)), fields.maybe(der.context(1))
    certificates, unread, others = _certificates(parts[0])
    signers = fields.take(der.SET).children()
    if len(signers) > MAX_SIGNERS:
        raise EncodingInvalid("a message has too many signers")
    found = [read_signer(signer) for signer in signers]
    return SignedData(
        content_type=content_type,
        content=content,
        certificates=certificates,
        signers=found,
        surplus=sum(map(_surplus, (info, wrapper, fields, inner)))
        + others
        + _excess(message, content, *parts, *signers)
        + sum(signer.surplus for signer in found),
        unread=unread,
        lists=0 if parts[1] is None else len(parts[1].content),
    )


def read_signer(element: Element) -> Signer:
    """The SignerInfo in ``element``. Raises ``EncodingInvalid``."""
    fields = element.fields()
    fields.take(der.INTEGER)
    name = fields.take()
    issuer = serial = identifier = None
    if name.tag == der.context(0, constructed=False):
        identifier = name.content
    else:
        parts = name.fields()
        issuer, serial = parts.take(der.SEQUENCE).whole, parts.take(der.INTEGER).content
    digest = oids.DIGESTS.get(read_algorithm(fields.take(der.SEQUENCE)).oid)
    signed = fields.maybe(der.context(0))
    algorithm = read_algorithm(fields.take(der.SEQUENCE))
    signature = fields.take(der.OCTET_STRING)
    unsigned = fields.maybe(der.context(1))
    return Signer(
        issuer=issuer,
        serial=serial,
        key_identifier=identifier,
        digest=digest,
        # Signed as a SET OF, not under the tag that it travels with (RFC 5652, section 5.4).
        signed_part=None if signed is None else _IMPLICIT_SET + signed.whole[1:],
        signed=_attributes(signed),
        algorithm=algorithm,
        signature=signature.octets(),
        unsigned=_attributes(unsigned),
        surplus=_surplus(fields) + _excess(element, name, signed, signature, unsigned),
    )


def _attributes(element: Element | None) -> list[Attribute]:
    found: list[Attribute] = []
    for child in element.children() if element is not None else ():
        fields = child.fields()
        oid = fields.take(der.OBJECT_IDENTIFIER).oid()
        found.append(Attribute(oid, fields.take(der.SET).children(), len(child.whole)))
    return found


def _certificates(element: Element | None) -> tuple[list[Certificate], int, int]:
    """The certificates, how many could not be read, and the bytes of other kinds above what is common."""
    found: list[Certificate] = []
    children = element.children() if element is not None else []
    certificates = [child for child in children if child.tag == der.SEQUENCE]
    for child in certificates[:MAX_CERTIFICATES]:
        try:
            found.append(read_certificate(child.whole))
        except EncodingInvalid:
            continue
    others = sum(len(child.whole) for child in children if child.tag != der.SEQUENCE)
    return found, len(certificates) - len(found), others if others > _ATTESTATION else 0


def _excess(whole: Element, *parts: Element | None) -> int:
    """How many bytes of ``whole`` are beside its large ``parts``, above what is common."""
    beside = len(whole.whole) - sum(len(part.whole) for part in parts if part is not None)
    return max(0, beside - _FRAME)


def _surplus(fields: Fields) -> int:
    return sum(len(part.whole) for part in fields.left())
