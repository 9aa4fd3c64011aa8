"""One signature on an image: what it says, and whether that holds.

The chain of proof, each link of which is checked: the image's digest is in the SpcIndirectDataContent; its digest
is the signer's messageDigest attribute; the signed attributes are signed with the certificate's key; the
certificate's chain is judged at the time of a timestamp that holds, or now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import chain, names, oids
from vedette.filefacts.authenticode.certificate import Certificate
from vedette.filefacts.authenticode.chain import Standing
from vedette.filefacts.authenticode.cms import SignedData, Signer, read_signed_data
from vedette.filefacts.authenticode.der import Element
from vedette.filefacts.authenticode.image import Image
from vedette.filefacts.authenticode.indirect import IndirectData, read_indirect_data
from vedette.filefacts.authenticode.pages import pages_match
from vedette.filefacts.authenticode.roots import Roots
from vedette.filefacts.authenticode.surplus import surplus
from vedette.filefacts.authenticode.timestamps import stamped


@dataclass(slots=True)
class Judged:
    """What was found of a signature; ``nested`` are the ones inside it, still to be judged."""

    digest_valid: bool | None = None
    standing: Standing = Standing.NONE
    certificate: Certificate | None = None
    digest: str | None = None
    time: datetime | None = None
    problems: list[str] = field(default_factory=list)
    nested: list[Element] = field(default_factory=list)

    @property
    def signer(self) -> str | None:
        return None if self.certificate is None else names.spoken(self.certificate.subject)

    @property
    def issuer(self) -> str | None:
        return None if self.certificate is None else names.spoken(self.certificate.issuer)


def judge_signature(message: Element, image: Image, roots: Roots, now: datetime) -> Judged:
    """Judges the PKCS #7 ``message`` as a signature on ``image``. Never raises."""
    judged = Judged()
    try:
        data = read_signed_data(message)
        judged.problems += surplus(data)
        if data.content_type != oids.INDIRECT_DATA or data.content is None:
            raise EncodingInvalid("it is not one for a file")
        indirect = read_indirect_data(data.content)
        judged.digest = indirect.algorithm
        judged.digest_valid = _digest_valid(indirect, image)
        judged.problems += _digest_problems(indirect, judged.digest_valid)
        if len(data.signers) != 1:
            judged.problems.append(f"signature has {len(data.signers)} signers")
        if data.signers:
            _judge_signer(judged, data, data.content, roots, now)
        else:
            _unproven(judged)
        if judged.digest_valid and not all(pages_match(image, pages) for pages in indirect.pages):
            judged.problems.append("page hashes do not match the file")
    except EncodingInvalid as error:
        judged.problems.append(f"signature cannot be read: {error.what}")
        _unproven(judged)
    judged.problems = list(dict.fromkeys(judged.problems))
    return judged


def _judge_signer(
    judged: Judged, data: SignedData, content: Element, roots: Roots, now: datetime
) -> None:
    signer = data.signers[0]
    judged.nested = [
        value
        for attribute in signer.unsigned
        if attribute.oid == oids.NESTED_SIGNATURE
        for value in attribute.values
    ]
    if signer.digest in oids.WEAK_DIGESTS:
        judged.problems.append(f"weak digest {signer.digest}")
    judged.certificate = signer.certificate(data.certificates)
    if judged.certificate is None:
        judged.problems.append("certificate of the signer is missing")
        _unproven(judged)
        return
    fault = _fault(signer, judged.certificate, content)
    if fault is not None:
        judged.problems.append(fault)
        judged.digest_valid, judged.standing = False, Standing.UNTRUSTED
        return
    stamp = stamped(signer, data.certificates, roots, now)
    judged.time = stamp.time
    question = chain.Question(oids.CODE_SIGNING, when=stamp.time or now, now=now)
    judgement = chain.judge(judged.certificate, data.certificates, roots, question)
    judged.standing = judgement.standing
    judged.problems += [*judgement.problems, *stamp.problems]


def _fault(signer: Signer, certificate: Certificate, content: Element) -> str | None:
    """Why the signer did not sign ``content``, if it did not."""
    stated = signer.value(oids.CONTENT_TYPE)
    if stated is None or stated.oid() != oids.INDIRECT_DATA:
        return "signature is over another kind of content"
    if not signer.digests(content.content):
        return "signature is over other content"
    if not signer.signed_with(certificate):
        return "signature does not verify with the certificate's key"
    return None


def _digest_valid(indirect: IndirectData, image: Image) -> bool | None:
    if indirect.algorithm is None:
        return None
    return image.digest(indirect.algorithm) == indirect.digest


def _digest_problems(indirect: IndirectData, valid: bool | None) -> Iterator[str]:
    if indirect.subject not in oids.PE_IMAGE_DATA:
        yield "signature is for another kind of file"
    if valid is None:
        yield "digest is of an unknown kind"
    elif not valid:
        yield "digest does not match the file"
    if indirect.algorithm in oids.WEAK_DIGESTS:
        yield f"weak digest {indirect.algorithm}"


def _unproven(judged: Judged) -> None:
    """A digest that nobody is seen to have signed may be wrong, but not right."""
    judged.digest_valid = False if judged.digest_valid is False else None
