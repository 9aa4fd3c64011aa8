from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from tests.unit.filefacts.authenticode.authority import (
    CODE,
    NOW,
    STAMP,
    YEAR,
    Identity,
    rsa_key,
    self_signed,
)
from tests.unit.filefacts.authenticode.signer import (
    COUNTER,
    TOKEN,
    Signing,
    Stamping,
    attribute,
    program,
    signed,
    tlv,
)
from vedette.filefacts.authenticode import verify
from vedette.filefacts.facts import SignatureFacts

IMAGE = program()
THEN = NOW - timedelta(days=30)
BOTH = pytest.mark.parametrize("token", [True, False], ids=["token", "counter-signature"])


@cache
def home() -> Identity:
    return self_signed("Home Root", key=rsa_key())


@cache
def maker() -> Identity:
    """Whose certificate has ended since ``THEN``."""
    return home().issue("Maker", end=NOW - timedelta(days=1))


@cache
def stamper() -> Identity:
    return home().issue("Stamper", [STAMP], key=rsa_key(1))


def judged(*stamps: Stamping, **others: object) -> SignatureFacts:
    signing = Signing(maker(), stamps=stamps, **others)  # type: ignore[arg-type]
    return verify(signed(IMAGE, signing), [home().pem], NOW)


@BOTH
@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha384", "sha512"])
def test_a_right_one_gives_the_time(token: bool, digest: str) -> None:
    facts = judged(Stamping(stamper(), THEN, token, digest))
    assert (facts.chain, facts.timestamp) == ("trusted", "2026-05-02T12:00:00Z")
    weak = digest in ("md5", "sha1")
    assert facts.problems == ([f"timestamp uses the weak digest {digest}"] if weak else [])


def refused(facts: SignatureFacts, why: str) -> None:
    assert (facts.digest_valid, facts.chain, facts.timestamp) == (True, "expired", None)
    assert f"timestamp cannot be trusted: {why}" in facts.problems


@BOTH
def test_one_for_another_signature(token: bool) -> None:
    refused(judged(Stamping(stamper(), THEN, token, over=b"other")), "it is for another signature")


@BOTH
def test_one_whose_signature_was_changed(token: bool) -> None:
    facts = judged(Stamping(stamper(), THEN, token, spoilt=True))
    refused(facts, "its signature does not verify")


@BOTH
def test_one_by_a_certificate_for_code(token: bool) -> None:
    other = home().issue("Other", [CODE])
    refused(judged(Stamping(other, THEN, token)), "certificate is not for timestamps")


@BOTH
def test_one_by_nobody_known(token: bool) -> None:
    alone = self_signed("Alone", [STAMP])
    refused(judged(Stamping(alone, THEN, token)), "self-signed certificate")


@BOTH
def test_one_made_when_its_certificate_had_ended(token: bool) -> None:
    ended = home().issue("Ended", [STAMP], start=NOW - 3 * YEAR, end=NOW - YEAR)
    refused(judged(Stamping(ended, THEN, token)), "certificate has expired")


@BOTH
def test_one_from_the_future(token: bool) -> None:
    facts = judged(Stamping(stamper(), NOW + timedelta(days=3), token))
    refused(facts, "it lies in the future")


@pytest.mark.parametrize("kind", [TOKEN, COUNTER])
@pytest.mark.parametrize("value", [tlv(4, b"x"), tlv(0x30), tlv(0x30, tlv(2, b"\1"))])
def test_what_is_none(kind: str, value: bytes) -> None:
    facts = judged(unsigned=[attribute(kind, value)])
    assert facts.timestamp is None
    assert facts.problems[-1].startswith("timestamp cannot be trusted")


def test_a_second_one_serves_where_the_first_does_not() -> None:
    facts = judged(
        Stamping(stamper(), THEN, spoilt=True),
        Stamping(stamper(), THEN + timedelta(days=1), token=False),
    )
    assert (facts.chain, facts.timestamp) == ("trusted", "2026-05-03T12:00:00Z")
    assert facts.problems == ["timestamp cannot be trusted: its signature does not verify"]


def test_an_old_one_with_a_bare_digest() -> None:
    facts = judged(Stamping(stamper(), THEN, token=False, bare=True))
    assert (facts.chain, facts.timestamp) == ("trusted", "2026-05-02T12:00:00Z")


def test_many_are_not_all_looked_at() -> None:
    facts = judged(*[Stamping(stamper(), THEN, spoilt=True)] * 20)
    assert "too many timestamps" in facts.problems
