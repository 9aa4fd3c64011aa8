"""From a signer's certificate up to a root: finding the way (RFC 5280, section 6; RFC 4158) and judging it.

Names are compared byte by byte and each link's signature is verified. Nothing is fetched, so a file whose
intermediate certificates are not inside it, and are no roots, has no way up. Revocation lists and OCSP are not
asked; trust that Microsoft's programme has taken back is "revoked".
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from vedette.filefacts.authenticode import oids
from vedette.filefacts.authenticode.algorithm import signature_digest, too_weak, verifies
from vedette.filefacts.authenticode.certificate import Certificate
from vedette.filefacts.authenticode.roots import Anchor, Roots
from vedette.filefacts.facts import Chain

MAX_LENGTH: Final = 8
MAX_LINKS: Final = 32
_FORGEABLE: Final = frozenset({"md5"})
_PURPOSES: Final = {oids.CODE_SIGNING: "code signing", oids.TIME_STAMPING: "timestamps"}


class Standing(IntEnum):
    """How a chain stands; of two ways up the greater one counts."""

    NONE = 0
    UNTRUSTED = 1
    NOT_FOR_CODE = 2
    EXPIRED = 3
    REVOKED = 4
    TRUSTED = 5

    @property
    def word(self) -> Chain:
        """The contract's word for it."""
        return _WORDS[self]


_WORDS: Final[dict[Standing, Chain]] = {
    Standing.NONE: "none",
    Standing.UNTRUSTED: "untrusted",
    Standing.NOT_FOR_CODE: "not_for_code",
    Standing.EXPIRED: "expired",
    Standing.REVOKED: "revoked",
    Standing.TRUSTED: "trusted",
}


@dataclass(frozen=True, slots=True)
class Way:
    """Certificates from the signer's upwards, and the anchor they end in; it is the last of them, if there is one.

    ``forged``: an issuer of the right name is there, but did not sign.
    """

    certificates: tuple[Certificate, ...]
    anchor: Anchor | None
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A chain's standing and what is wrong with it, in a few words each."""

    standing: Standing
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a chain is judged for: a usage, at the time of signing, and what time it is now."""

    usage: str
    when: datetime
    now: datetime


def judge(
    signer: Certificate, others: Sequence[Certificate], roots: Roots, question: Question
) -> Judgement:
    """How the best way from ``signer`` through ``others`` up to ``roots`` stands."""
    best: Judgement | None = None
    for way in _ways(signer, others, roots):
        found = _judge_way(way, question)
        if best is None or found.standing > best.standing:
            best = found
        if best.standing is Standing.TRUSTED:
            break
    return best or _judge_way(Way((signer,), None), question)


def _ways(signer: Certificate, others: Sequence[Certificate], roots: Roots) -> Iterator[Way]:
    """All ways to an anchor; the first longest one that does not arrive where none does."""
    links = MAX_LINKS
    arrived = forged = False
    stranded: tuple[Certificate, ...] = ()
    open_ends: list[tuple[Certificate, ...]] = [(signer,)]
    while open_ends:
        path = open_ends.pop()
        top = path[-1]
        anchor = roots.anchor(top)
        if anchor is not None:
            arrived = True
            yield Way(path, anchor)
            continue
        if len(path) > len(stranded):
            stranded = path
        if top.self_issued or len(path) == MAX_LENGTH:
            continue
        above = [anchor.certificate for anchor in roots.named(top.issuer)]
        embedded = [other for other in others if other.subject == top.issuer]
        # The last one is looked at first.
        for issuer in (*embedded, *above):
            if issuer not in path and links:
                links -= 1
                if issued(top, issuer):
                    open_ends.append((*path, issuer))
                else:
                    forged = True
    if not arrived:
        yield Way(stranded, None, forged)


@functools.lru_cache(maxsize=1024)
def issued(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the key of ``issuer`` signed ``certificate``."""
    return verifies(
        issuer.public_key, certificate.algorithm, certificate.signature, certificate.signed_part
    )


def _judge_way(way: Way, question: Question) -> Judgement:
    faults = [
        *_anchor_faults(way, question),
        *_usage_faults(way, question),
        *_link_faults(way),
        *_time_faults(way, question),
    ]
    # The first kind of fault in the order of Standing names the whole.
    standing = min((fault for fault, _ in faults), default=Standing.TRUSTED)
    return Judgement(standing, tuple(dict.fromkeys(problem for _, problem in faults)))


_Faults = Iterator[tuple[Standing, str]]


def _anchor_faults(way: Way, question: Question) -> _Faults:
    signer, top = way.certificates[0], way.certificates[-1]
    purpose = _PURPOSES[question.usage]
    if way.anchor is None:
        if way.forged:
            yield Standing.UNTRUSTED, "certificate is not signed by the issuer that it names"
        elif signer.self_issued:
            yield Standing.UNTRUSTED, "self-signed certificate"
        elif top.self_issued:
            yield Standing.UNTRUSTED, "root certificate is not trusted"
        else:
            yield Standing.UNTRUSTED, "issuer of a certificate is unknown"
        return
    limits = way.anchor.limits
    if not limits.covers(question.usage):
        yield Standing.NOT_FOR_CODE, f"root certificate is not trusted for {purpose}"
    if limits.disallows(question.usage, question.when):
        yield Standing.REVOKED, f"root certificate is no longer trusted for {purpose}"
    if limits.too_late(question.usage, signer.not_before):
        yield Standing.UNTRUSTED, f"certificate was issued after its root was closed for {purpose}"


def _usage_faults(way: Way, question: Question) -> _Faults:
    """Usages narrow from the top down: what an intermediate does not have, nothing below it has."""
    signer, *above = way.certificates
    purpose = _PURPOSES[question.usage]
    if signer.usages is None or not signer.allows(question.usage) or not signer.may_sign_data:
        yield Standing.NOT_FOR_CODE, f"certificate is not for {purpose}"
    for issuer in _intermediates(way, above):
        if not issuer.allows(question.usage):
            yield Standing.NOT_FOR_CODE, f"intermediate certificate is not for {purpose}"


def _link_faults(way: Way) -> _Faults:
    above = way.certificates[1:]
    for depth, issuer in enumerate(above):
        trusted = way.anchor is not None and issuer is way.certificates[-1]
        # Roots of version 1 do not say that they are authorities.
        if not issuer.may_issue and not (trusted and issuer.authority is None):
            yield Standing.UNTRUSTED, "certificate was issued by one that is no authority's"
        below = sum(not certificate.self_issued for certificate in above[:depth])
        if issuer.path_length is not None and below > issuer.path_length:
            yield Standing.UNTRUSTED, "chain is longer than an authority allows"
    for certificate in way.certificates:
        if too_weak(certificate.public_key):
            yield Standing.UNTRUSTED, "key of a certificate is too short"
    for certificate in way.certificates if way.anchor is None else way.certificates[:-1]:
        if not certificate.self_issued and signature_digest(certificate.algorithm) in _FORGEABLE:
            yield Standing.UNTRUSTED, "certificate is signed with md5"


def _time_faults(way: Way, question: Question) -> _Faults:
    signer = way.certificates[0]
    lifetime = oids.LIFETIME_SIGNING in (signer.usages or ())
    for certificate in way.certificates:
        whose = "certificate" if certificate is signer else "issuer's certificate"
        if question.when < certificate.not_before:
            yield Standing.UNTRUSTED, f"{whose} was not yet valid"
        if question.when > certificate.not_after:
            yield Standing.EXPIRED, f"{whose} has expired"
        elif certificate is signer and lifetime and question.now > signer.not_after:
            yield Standing.EXPIRED, "certificate has expired, and a timestamp does not prolong it"


def _intermediates(way: Way, above: list[Certificate]) -> list[Certificate]:
    return above if way.anchor is None else above[:-1]
