"""Receipts: their form, their signature, and what they allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.crypto.documents import sign_document
from vedette.crypto.keys import SigningKey
from vedette.errors import ReceiptInvalid, SignatureInvalid, StatementMismatch
from vedette.statement.clauses import Purpose, Tier
from vedette.statement.consent import (
    RECEIPT_TYPE,
    Action,
    Consent,
    GrantedBy,
    Receipt,
    open_receipt,
)
from vedette.statement.terms import Term, Terms

KEY = SigningKey.generate()
NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
BOTH = (Tier.BASIC, Tier.ADDITIONAL)


def row(clause: str, item: str, field: str) -> Term:
    return Term(clause, item, field, "Name", "masked", (Purpose.DETECT,), "2028-11-24")


TERMS = Terms(
    [
        row("computer.services", "services", "name"),
        row("computer.services", "services", "image"),
        row("samples.files", "samples", "content"),
    ]
)
KNOWN = {TERMS.digest: TERMS}
RECEIPT = Receipt(
    id="1" * 32,
    install="2" * 32,
    controller="Example Ltd",
    contact="privacy@example.org",
    products=("vedette/0.1.0",),
    purposes=(Purpose.DETECT,),
    terms=TERMS.digest,
    wording="3" * 64,
    tiers=(Tier.BASIC,),
    granted_by=GrantedBy.PERSON,
    action=Action.GRANT,
    time=NOW,
    previous="",
)


def changed(**values: Any) -> Receipt:
    return msgspec.structs.replace(RECEIPT, **values)


texts = st.text(max_size=100)
receipts = st.builds(
    changed,
    id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    controller=texts,
    contact=texts,
    products=st.lists(texts, min_size=1, max_size=4).map(tuple),
    purposes=st.sets(st.sampled_from(Purpose), min_size=1).map(lambda p: tuple(sorted(p))),
    tiers=st.sampled_from([(Tier.BASIC,), BOTH]),
    granted_by=st.sampled_from(GrantedBy),
    time=st.datetimes(timezones=st.just(UTC)),
    previous=st.sampled_from(["", "4" * 64]),
)


@given(receipts)
def test_a_receipt_survives_signing(receipt: Receipt) -> None:
    assert open_receipt(receipt.sign(KEY), KEY.public) == receipt


@pytest.mark.parametrize("character", ["x", "\x01", '"', "\U0001f40e"])
def test_the_longest_receipt_can_be_read(character: str) -> None:
    longest = changed(
        controller=character * 1000, contact=character * 1000, products=(character * 100,) * 16
    )
    assert open_receipt(longest.sign(KEY), KEY.public) == longest


def test_a_receipt_is_signed_by_the_computers_own_key() -> None:
    with pytest.raises(SignatureInvalid):
        open_receipt(RECEIPT.sign(SigningKey.generate()), KEY.public)


def test_another_type_of_document_is_no_receipt() -> None:
    verdict = sign_document(
        msgspec.json.encode(RECEIPT), "application/vnd.vedette.verdict+json", KEY
    )
    with pytest.raises(SignatureInvalid):
        open_receipt(verdict, KEY.public)


MALFORMED: list[tuple[str, dict[str, Any]]] = [
    ("id of another form", {"id": "1"}),
    ("install of another form", {"install": "Z" * 32}),
    ("digest of another form", {"terms": "latest"}),
    ("wording of another form", {"wording": ""}),
    ("previous of another form", {"previous": "none"}),
    ("text without end", {"controller": "x" * 1001}),
    ("no product", {"products": ()}),
    ("too many products", {"products": ("x",) * 17}),
    ("product without end", {"products": ("x" * 101,)}),
    ("no purpose", {"purposes": ()}),
    ("purpose twice", {"purposes": (Purpose.DETECT, Purpose.DETECT)}),
    ("additional without basic", {"tiers": (Tier.ADDITIONAL,)}),
    ("tier twice", {"tiers": (Tier.BASIC, Tier.BASIC)}),
    ("tiers in another order", {"tiers": (Tier.ADDITIONAL, Tier.BASIC)}),
    ("grant of nothing", {"tiers": ()}),
    ("withdrawal of nothing", {"action": Action.WITHDRAW, "tiers": BOTH}),
    ("time of another zone", {"time": NOW.astimezone(timezone(timedelta(hours=1)))}),
    ("time of no zone", {"time": NOW.replace(tzinfo=None)}),
]


@pytest.mark.parametrize("values", [v for _, v in MALFORMED], ids=[name for name, _ in MALFORMED])
def test_a_malformed_receipt_is_refused_made_or_read(values: dict[str, Any]) -> None:
    with pytest.raises(ReceiptInvalid):
        changed(**values)
    payload = msgspec.to_builtins(RECEIPT) | msgspec.to_builtins(values)
    with pytest.raises(ReceiptInvalid):
        open_receipt(sign_document(msgspec.json.encode(payload), RECEIPT_TYPE, KEY), KEY.public)


@pytest.mark.parametrize(
    "forge",
    [
        {"tiers": ["basic", "everything"]},
        {"purposes": ["detect", "sell"]},
        {"action": "renew"},
        {"granted_by": "alice"},
        {"expires": "never"},
        {"time": 0},
    ],
    ids=["tier", "purpose", "action", "granted_by", "field", "time"],
)
def test_words_that_a_receipt_does_not_know_are_refused(forge: dict[str, Any]) -> None:
    payload = msgspec.to_builtins(RECEIPT) | forge
    with pytest.raises(ReceiptInvalid):
        open_receipt(sign_document(msgspec.json.encode(payload), RECEIPT_TYPE, KEY), KEY.public)


DEEP = b"[" * 20_000


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"\xff", b"{}", DEEP, b'{"x":' + DEEP, b'{"id":' + DEEP, b'{"tiers":' + DEEP],
)
def test_what_is_no_receipt_is_refused(payload: bytes) -> None:
    with pytest.raises(ReceiptInvalid):
        open_receipt(sign_document(payload, RECEIPT_TYPE, KEY), KEY.public)


# ---- what a receipt allows ----


def test_without_consent_nothing_is_allowed() -> None:
    consent = Consent.none()
    assert not consent.allows(Tier.BASIC)
    assert not consent.allows(Tier.ADDITIONAL)
    assert not consent.covers("services")
    assert consent.fields("services") == frozenset()
    assert (consent.receipt_id, consent.install, consent.terms) == ("", "", Terms())
    assert consent == Consent.of(None, KNOWN)


def test_basic_consent_covers_basic_items_alone() -> None:
    consent = Consent.of(RECEIPT, KNOWN)
    assert consent.allows(Tier.BASIC)
    assert not consent.allows(Tier.ADDITIONAL)
    assert consent.fields("services") == {"name", "image"}
    assert not consent.covers("samples")
    assert consent.fields("samples") == frozenset()
    assert not consent.covers("launches")
    assert (consent.receipt_id, consent.install) == (RECEIPT.id, RECEIPT.install)
    assert consent.terms is TERMS


def test_both_tiers_cover_both() -> None:
    consent = Consent.of(changed(tiers=BOTH), KNOWN)
    assert consent.allows(Tier.ADDITIONAL)
    assert consent.covers("services")
    assert consent.covers("samples")


def test_a_consent_under_unknown_terms_allows_nothing() -> None:
    with pytest.raises(StatementMismatch, match="does not know"):
        Consent.of(changed(terms="5" * 64), KNOWN)


def test_a_withdrawal_holds_even_under_unknown_terms() -> None:
    withdrawn = changed(action=Action.WITHDRAW, tiers=(), terms="5" * 64)
    consent = Consent.of(withdrawn, KNOWN)
    assert not consent.allows(Tier.BASIC)
    assert not consent.covers("services")
    assert consent.install == RECEIPT.install
