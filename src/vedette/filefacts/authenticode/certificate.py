"""One X.509 certificate (RFC 5280), with just the parts that a signature's judgement needs.

Read leniently: a certificate that Windows accepts must not be lost over an odd serial number or extension.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der, oids
from vedette.filefacts.authenticode.algorithm import Algorithm, read_algorithm
from vedette.filefacts.authenticode.der import Element

MAX_CERTIFICATE: Final = 64 << 10
_DIGITAL_SIGNATURE: Final = (
    0xC0  # digitalSignature or nonRepudiation, in the first octet of KeyUsage
)
_KEY_CERT_SIGN: Final = 0x04


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """A certificate. ``issuer`` and ``subject`` are encoded names, compared byte by byte as Windows does.

    ``usages`` is the extended key usage (none: not limited), ``authority`` the cA flag of the basic constraints
    (none: it has none), ``path_length`` how many authorities may follow below.
    """

    der: bytes = field(repr=False)
    fingerprint: bytes
    signed_part: bytes = field(repr=False)
    serial: bytes
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    public_key: bytes = field(repr=False)
    algorithm: Algorithm
    signature: bytes = field(repr=False)
    usages: frozenset[str] | None = None
    key_usage: int | None = None
    authority: bool | None = None
    path_length: int | None = None
    key_identifier: bytes | None = None

    @property
    def self_issued(self) -> bool:
        return self.issuer == self.subject

    @property
    def may_sign_data(self) -> bool:
        """Whether its key usage, if it has one, allows signatures."""
        return self.key_usage is None or bool(self.key_usage & _DIGITAL_SIGNATURE)

    @property
    def may_issue(self) -> bool:
        """Whether it is an authority's. Certificates of version 1 do not say, and count as none."""
        return self.authority is True and (
            self.key_usage is None or bool(self.key_usage & _KEY_CERT_SIGN)
        )

    def allows(self, usage: str) -> bool:
        """Whether ``usage`` is among the extended key usages; a certificate that names none allows all."""
        return self.usages is None or usage in self.usages or oids.ANY_USAGE in self.usages


@functools.lru_cache(maxsize=512)
def read_certificate(encoded: bytes) -> Certificate:
    """The certificate that ``encoded`` (DER) is; the same object for the same bytes. Raises ``EncodingInvalid``."""
    if len(encoded) > MAX_CERTIFICATE:
        raise EncodingInvalid("a certificate is too large")
    outer = der.parse(encoded).fields()
    signed_part, algorithm, signature = outer.take(der.SEQUENCE), outer.take(), outer.take()
    inner = signed_part.fields()
    inner.maybe(der.context(0))  # version
    serial = inner.take(der.INTEGER)
    if inner.take(der.SEQUENCE).whole != algorithm.whole:  # RFC 5280, section 4.1.1.2
        raise EncodingInvalid("a certificate names two signature algorithms")
    issuer = inner.take(der.SEQUENCE)
    validity = inner.take(der.SEQUENCE).fields()
    subject, public_key = inner.take(der.SEQUENCE), inner.take(der.SEQUENCE)
    extensions = _extensions(inner.left())
    authority, path_length = _basic_constraints(extensions.get(oids.BASIC_CONSTRAINTS))
    return Certificate(
        der=encoded,
        fingerprint=hashlib.sha256(encoded).digest(),
        signed_part=signed_part.whole,
        serial=serial.content,
        issuer=issuer.whole,
        subject=subject.whole,
        not_before=validity.take().time(),
        not_after=validity.take().time(),
        public_key=public_key.whole,
        algorithm=read_algorithm(algorithm),
        signature=signature.bits(),
        usages=_usages(extensions.get(oids.EXTENDED_KEY_USAGE)),
        key_usage=_key_usage(extensions.get(oids.KEY_USAGE)),
        authority=authority,
        path_length=path_length,
        key_identifier=_key_identifier(extensions.get(oids.SUBJECT_KEY_IDENTIFIER)),
    )


def _extensions(parts: Iterable[Element]) -> dict[str, bytes]:
    """The values of the extensions by object identifier."""
    found: dict[str, bytes] = {}
    for part in parts:
        if part.tag != der.context(3):
            continue
        for extension in part.only().children():
            fields = extension.fields()
            name = fields.take(der.OBJECT_IDENTIFIER).oid()
            fields.maybe(der.BOOLEAN)
            if name in found:
                raise EncodingInvalid("a certificate has an extension twice")
            found[name] = fields.take(der.OCTET_STRING).octets()
    return found


def _basic_constraints(value: bytes | None) -> tuple[bool | None, int | None]:
    if value is None:
        return None, None
    fields = der.parse(value).fields()
    authority, length = fields.maybe(der.BOOLEAN), fields.maybe(der.INTEGER)
    return (
        authority is not None and authority.boolean(),
        None if length is None else length.integer(),
    )


def _usages(value: bytes | None) -> frozenset[str] | None:
    if value is None:
        return None
    return frozenset(usage.oid() for usage in der.parse(value).children())


def _key_usage(value: bytes | None) -> int | None:
    if value is None:
        return None
    bits = der.parse(value).bits()
    return bits[0] if bits else 0


def _key_identifier(value: bytes | None) -> bytes | None:
    return None if value is None else der.parse(value).octets()
