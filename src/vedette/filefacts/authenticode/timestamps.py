"""When a signature was made, as a third party says: the time that an Authenticode signature counts at.

Two forms, both in the unsigned attributes of the signer and both over the octets of its signature:

- a token of RFC 3161, under Microsoft's 1.3.6.1.4.1.311.3.3.1 (or the attribute of RFC 3161, appendix A);
- the older counterSignature of PKCS #9 (RFC 5652, section 11.4), whose signed attributes hold the signing time.

A timestamp gives a time only if its own signature holds, its certificate is for timestamps alone, and that one's
chain ends in a root that is trusted for them at that time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import chain, der, oids
from vedette.filefacts.authenticode.algorithm import read_algorithm
from vedette.filefacts.authenticode.certificate import Certificate
from vedette.filefacts.authenticode.cms import Signer, read_signed_data, read_signer
from vedette.filefacts.authenticode.der import Element
from vedette.filefacts.authenticode.roots import Roots
from vedette.filefacts.authenticode.surplus import surplus

MAX_TIMESTAMPS: Final = 4
_AHEAD: Final = timedelta(minutes=10)
_TOKENS: Final = frozenset({oids.MICROSOFT_TIMESTAMP, oids.TIMESTAMP_TOKEN})


@dataclass(frozen=True, slots=True)
class Stamped:
    """The time of the first timestamp that holds, none where none does, and what is wrong with any."""

    time: datetime | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one timestamp says, unverified but for its message: a time, by a signer with certificates."""

    time: datetime
    signer: Signer
    certificates: Sequence[Certificate]
    digests: frozenset[str]
    surplus: tuple[str, ...] = ()


def stamped(
    signer: Signer, certificates: Sequence[Certificate], roots: Roots, now: datetime
) -> Stamped:
    """When ``signer`` signed; ``certificates`` are those of the message it is in."""
    time: datetime | None = None
    problems: list[str] = []
    values = [
        (attribute.oid, value)
        for attribute in signer.unsigned
        if attribute.oid in _TOKENS or attribute.oid == oids.COUNTER_SIGNATURE
        for value in attribute.values
    ]
    if len(values) > MAX_TIMESTAMPS:
        problems.append("too many timestamps")
    for oid, value in values[:MAX_TIMESTAMPS]:
        try:
            read = _token if oid in _TOKENS else _counter_signature
            claim = read(value, signer.signature, certificates)
            faults = list(_faults(claim, roots, now))
        except EncodingInvalid as error:
            problems.append(f"timestamp cannot be trusted: {error.what}")
            continue
        problems += [f"timestamp cannot be trusted: {fault}" for fault in faults]
        problems += [
            f"timestamp uses the weak digest {digest}"
            for digest in sorted(claim.digests & oids.WEAK_DIGESTS)
        ]
        problems += [f"timestamp: {part}" for part in claim.surplus]
        if not faults:
            time = time or claim.time
    return Stamped(time, tuple(dict.fromkeys(problems)))


def _token(value: Element, signature: bytes, certificates: Sequence[Certificate]) -> _Claim:
    """The TimeStampToken ``value`` (RFC 3161, section 2.4.2). Raises ``EncodingInvalid``."""
    token = read_signed_data(value)
    if token.content_type != oids.TIMESTAMP_INFO or token.content is None:
        raise EncodingInvalid("it is not a token")
    if len(token.signers) != 1:
        raise EncodingInvalid("it has not one signer")
    (signer,) = token.signers
    content = token.content.octets()
    stated = signer.value(oids.CONTENT_TYPE)
    if stated is None or stated.oid() != oids.TIMESTAMP_INFO or not signer.digests(content):
        raise EncodingInvalid("its signature is not over its content")
    info = der.parse(content).fields()
    info.take(der.INTEGER)  # version
    info.take(der.OBJECT_IDENTIFIER)  # policy
    imprint = info.take(der.SEQUENCE).fields()
    digest = oids.DIGESTS.get(read_algorithm(imprint.take(der.SEQUENCE)).oid)
    if digest is None:
        raise EncodingInvalid("its digest is of an unknown kind")
    expected = hashlib.new(digest, signature, usedforsecurity=False).digest()
    if imprint.take(der.OCTET_STRING).octets() != expected:
        raise EncodingInvalid("it is for another signature")
    info.take(der.INTEGER)  # serial number
    time = info.take(der.GENERALIZED_TIME).time()
    return _Claim(
        time,
        signer,
        [*token.certificates, *certificates],
        _names(digest, signer.digest),
        tuple(surplus(token)),
    )


def _counter_signature(
    value: Element, signature: bytes, certificates: Sequence[Certificate]
) -> _Claim:
    """The counterSignature ``value``, a SignerInfo. Raises ``EncodingInvalid``."""
    signer = read_signer(value)
    stated, time = signer.value(oids.CONTENT_TYPE), signer.value(oids.SIGNING_TIME)
    if time is None:
        raise EncodingInvalid("it states no time")
    if (stated is not None and stated.oid() != oids.DATA) or not signer.digests(signature):
        raise EncodingInvalid("it is for another signature")
    return _Claim(time.time(), signer, certificates, _names(signer.digest))


def _faults(claim: _Claim, roots: Roots, now: datetime) -> Iterator[str]:
    if claim.time > now + _AHEAD:
        yield "it lies in the future"
    certificate = claim.signer.certificate(claim.certificates)
    if certificate is None:
        yield "its certificate is missing"
        return
    if not claim.signer.signed_with(certificate):
        yield "its signature does not verify"
    question = chain.Question(oids.TIME_STAMPING, when=claim.time, now=now)
    yield from chain.judge(certificate, claim.certificates, roots, question).problems


def _names(*digests: str | None) -> frozenset[str]:
    return frozenset(digest for digest in digests if digest is not None)
