"""Ways from a signer up to a root, and the first thing that is wrong with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from tests.unit.filefacts.authenticode.authority import (
    CODE,
    LIFETIME,
    NOW,
    STAMP,
    WEB,
    YEAR,
    Identity,
    rsa_key,
    self_signed,
)
from tests.unit.filefacts.authenticode.signer import signed_again
from vedette.filefacts.authenticode import chain, oids
from vedette.filefacts.authenticode.authroot import Limits
from vedette.filefacts.authenticode.certificate import read_certificate
from vedette.filefacts.authenticode.chain import Judgement, Question, Standing
from vedette.filefacts.authenticode.roots import Anchor, Roots

ROOT = self_signed("Root")
QUESTION = Question(oids.CODE_SIGNING, when=NOW, now=NOW)


def judge(
    signer: Identity,
    others: Sequence[Identity] = (),
    roots: Roots | None = None,
    question: Question = QUESTION,
) -> Judgement:
    certificates = [read_certificate(other.der) for other in others]
    roots = roots or Roots([read_certificate(ROOT.der)])
    return chain.judge(read_certificate(signer.der), certificates, roots, question)


class Limited(Roots):
    """``ROOT`` alone, under ``limits``."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._anchor = Anchor(read_certificate(ROOT.der), limits)

    def named(self, subject: bytes) -> list[Anchor]:
        return [self._anchor] if subject == self._anchor.certificate.subject else []


def test_a_way_through_intermediates_is_found_in_any_order() -> None:
    upper = ROOT.issue("Upper", None, authority=True)
    lower = upper.issue("Lower", None, authority=True)
    signer = lower.issue("Signer")
    for others in ([upper, lower], [lower, upper], [signer, ROOT, lower, upper]):
        assert judge(signer, others) == Judgement(Standing.TRUSTED, ())
    assert judge(signer, [upper]).standing is Standing.UNTRUSTED


def test_two_authorities_of_one_name_are_told_apart() -> None:
    wrong, right = (ROOT.issue("Same", None, authority=True) for _ in range(2))
    signer = right.issue("Signer")
    assert judge(signer, [wrong, right]).standing is Standing.TRUSTED
    assert judge(signer, [right, wrong]).standing is Standing.TRUSTED
    assert judge(signer, [wrong]) == Judgement(
        Standing.UNTRUSTED, ("certificate is not signed by the issuer that it names",)
    )


def test_a_way_round_in_circles_ends() -> None:
    one = self_signed("One")
    two = one.issue("Two", None, authority=True)
    back = two.issue("One", None, authority=True, key=one.key)
    signer = back.issue("Signer")
    assert judge(signer, [back, two] * 20).standing is Standing.UNTRUSTED


@pytest.mark.parametrize(
    ("start", "end", "standing", "problem"),
    [
        (-YEAR, -timedelta(1), Standing.EXPIRED, "certificate has expired"),
        (timedelta(1), YEAR, Standing.UNTRUSTED, "certificate was not yet valid"),
    ],
)
def test_a_certificate_outside_its_time(
    start: timedelta, end: timedelta, standing: Standing, problem: str
) -> None:
    signer = ROOT.issue("Signer", start=NOW + start, end=NOW + end)
    assert judge(signer) == Judgement(standing, (problem,))


def test_the_time_of_signing_is_what_counts_but_not_for_life_time_signers() -> None:
    earlier = replace(QUESTION, when=NOW - YEAR)
    start, end = NOW - 2 * YEAR, NOW - timedelta(1)
    signer = ROOT.issue("Signer", start=start, end=end)
    assert judge(signer, question=earlier).standing is Standing.TRUSTED
    signer = ROOT.issue("Signer", [CODE, LIFETIME], start=start, end=end)
    assert judge(signer, question=earlier) == Judgement(
        Standing.EXPIRED, ("certificate has expired, and a timestamp does not prolong it",)
    )


def test_an_expired_issuer_expires_its_chain() -> None:
    issuer = ROOT.issue("Issuer", None, authority=True, end=NOW - timedelta(1))
    assert judge(issuer.issue("Signer"), [issuer]) == Judgement(
        Standing.EXPIRED, ("issuer's certificate has expired",)
    )


def test_only_authorities_issue() -> None:
    issuer = ROOT.issue("Issuer", None)
    assert judge(issuer.issue("Signer"), [issuer]) == Judgement(
        Standing.UNTRUSTED, ("certificate was issued by one that is no authority's",)
    )


def test_an_authority_may_limit_how_many_follow() -> None:
    upper = ROOT.issue("Upper", None, authority=True, path_length=0)
    assert judge(upper.issue("Signer"), [upper]).standing is Standing.TRUSTED
    lower = upper.issue("Lower", None, authority=True)
    assert judge(lower.issue("Signer"), [upper, lower]) == Judgement(
        Standing.UNTRUSTED, ("chain is longer than an authority allows",)
    )


def test_usages_narrow_downwards() -> None:
    issuer = ROOT.issue("Issuer", [WEB], authority=True)
    assert judge(issuer.issue("Signer"), [issuer]) == Judgement(
        Standing.NOT_FOR_CODE, ("intermediate certificate is not for code signing",)
    )
    issuer = ROOT.issue("Issuer", [x509.ObjectIdentifier(oids.ANY_USAGE)], authority=True)
    assert judge(issuer.issue("Signer"), [issuer]).standing is Standing.TRUSTED


def test_short_keys_are_anybodys() -> None:
    signer = ROOT.issue("Signer", key=rsa_key(7, 1024))
    assert judge(signer).standing is Standing.TRUSTED
    short = replace(read_certificate(signer.der), public_key=_SHORT_KEY)
    judgement = chain.judge(short, [], Roots([read_certificate(ROOT.der)]), QUESTION)
    assert "key of a certificate is too short" in judgement.problems


@pytest.mark.parametrize(
    ("digest", "judgement"),
    [
        ("sha1", Judgement(Standing.TRUSTED, ())),
        ("md5", Judgement(Standing.UNTRUSTED, ("certificate is signed with md5",))),
    ],
)
def test_links_by_weak_digests(digest: str, judgement: Judgement) -> None:
    root = self_signed("Root", key=rsa_key())
    signer = read_certificate(signed_again(root.issue("Signer"), root, digest))
    assert chain.judge(signer, [], Roots([read_certificate(root.der)]), QUESTION) == judgement


CODE_ONLY, STAMPS_ONLY = frozenset({oids.CODE_SIGNING}), frozenset({oids.TIME_STAMPING})
NO_LONGER = "root certificate is no longer trusted for code signing"
CLOSED = "certificate was issued after its root was closed for code signing"


@pytest.mark.parametrize(
    ("limits", "standing", "problems"),
    [
        (Limits(), Standing.TRUSTED, ()),
        (Limits(usages=CODE_ONLY), Standing.TRUSTED, ()),
        (
            Limits(usages=STAMPS_ONLY),
            Standing.NOT_FOR_CODE,
            ("root certificate is not trusted for code signing",),
        ),
        (Limits(disallowed_from=NOW), Standing.REVOKED, (NO_LONGER,)),
        (Limits(disallowed_from=NOW + YEAR), Standing.TRUSTED, ()),
        (Limits(disallowed_from=NOW, disallowed_usages=STAMPS_ONLY), Standing.TRUSTED, ()),
        (Limits(disallowed_usages=CODE_ONLY), Standing.REVOKED, (NO_LONGER,)),
        (Limits(not_before=NOW - 2 * YEAR), Standing.UNTRUSTED, (CLOSED,)),
        (Limits(not_before=NOW), Standing.TRUSTED, ()),
        (Limits(not_before=NOW - 2 * YEAR, not_before_usages=STAMPS_ONLY), Standing.TRUSTED, ()),
        (Limits(not_before_usages=CODE_ONLY), Standing.UNTRUSTED, (CLOSED,)),
    ],
)
def test_the_programmes_limits(limits: Limits, standing: Standing, problems: tuple[str]) -> None:
    signer = ROOT.issue("Signer")  # a year old
    assert judge(signer, roots=Limited(limits)) == Judgement(standing, problems)


def test_a_signature_of_before_a_root_was_disallowed_stands() -> None:
    roots = Limited(Limits(disallowed_from=NOW - timedelta(1)))
    signer = ROOT.issue("Signer")
    assert judge(signer, roots=roots).standing is Standing.REVOKED
    earlier = replace(QUESTION, when=NOW - timedelta(9))
    assert judge(signer, roots=roots, question=earlier).standing is Standing.TRUSTED


def test_the_better_of_two_ways_counts() -> None:
    issuer = ROOT.issue("Issuer", None, authority=True, end=NOW - timedelta(1))
    again = ROOT.issue("Issuer", None, authority=True, key=issuer.key)
    signer = issuer.issue("Signer")
    for others in ([issuer, again], [again, issuer]):
        assert judge(signer, others).standing is Standing.TRUSTED


def test_a_timestamper_needs_its_usage() -> None:
    question = replace(QUESTION, usage=oids.TIME_STAMPING)
    assert judge(ROOT.issue("Stamper", [STAMP]), question=question).problems == ()
    for usages in (None, [CODE]):
        problems = judge(ROOT.issue("Stamper", usages), question=question).problems
        assert problems == ("certificate is not for timestamps",)


# 512 bits, from the days when that was thought enough; cryptography makes none any more.
_SHORT_KEY = bytes.fromhex(
    "305c300d06092a864886f70d0101010500034b003048024100" + "c3" + "5a" * 62 + "5b" + "0203010001"
)
