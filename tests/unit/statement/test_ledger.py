"""The ledger: what was decided, in order, and every way in which somebody may try to change it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.crypto.keys import SigningKey
from vedette.errors import (
    ConsentMissing,
    LedgerBroken,
    ReceiptInvalid,
    SignatureInvalid,
    StatementMismatch,
)
from vedette.statement.clauses import Purpose, Tier
from vedette.statement.consent import Action, GrantedBy, Receipt
from vedette.statement.ledger import Grantee, Ledger
from vedette.statement.terms import Term, Terms

KEY, OTHER_KEY = SigningKey.generate(), SigningKey.generate()
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASIC, ADDITIONAL = Tier.BASIC, Tier.ADDITIONAL
GRANTEE = Grantee("2" * 32, "Example Ltd", "privacy@example.org", ("vedette/0.1.0",))
WORDING = "3" * 64


def terms_of(*fields: str) -> Terms:
    return Terms(
        Term("computer.services", "services", field, "Name", "", (Purpose.DETECT,), "2028-11-24")
        for field in fields
    )


TERMS, WIDER = terms_of("name"), terms_of("name", "image")
KNOWN = {TERMS.digest: TERMS, WIDER.digest: WIDER}


class Book:
    """A ledger together with the file that it is written to."""

    def __init__(self) -> None:
        self.ledger = Ledger(GRANTEE.install, KEY.public)
        self.lines: list[bytes] = []
        self.now = NOW

    @property
    def data(self) -> bytes:
        return b"".join(self.lines)

    def grant(self, tier: Tier, terms: Terms = TERMS) -> Receipt:
        return self.write(
            self.ledger.grant(tier, terms, WORDING, GRANTEE, GrantedBy.PERSON, self.now)
        )

    def withdraw(self, tier: Tier) -> Receipt:
        return self.write(self.ledger.withdraw(tier, GrantedBy.PERSON, self.now))

    def write(self, receipt: Receipt, key: SigningKey = KEY) -> Receipt:
        self.lines.append(self.ledger.append(receipt.sign(key)))
        self.now += timedelta(hours=1)
        return receipt


def written() -> Book:
    """basic granted, additional granted, additional withdrawn."""
    book = Book()
    book.grant(BASIC)
    book.grant(ADDITIONAL)
    book.withdraw(ADDITIONAL)
    return book


HISTORY = written()  # for tests that read only


@pytest.fixture
def book() -> Book:
    return written()


def parse(data: bytes) -> Ledger:
    return Ledger.parse(data, GRANTEE.install, KEY.public)


def tiers(ledger: Ledger) -> tuple[Tier, ...]:
    current = ledger.current()
    return current.tiers if current else ()


# ---- granting and withdrawing ----


def test_a_new_ledger_allows_nothing() -> None:
    ledger = parse(b"")
    assert ledger.current() is None
    assert ledger.head == ""
    assert not ledger.torn
    assert not ledger.consent(KNOWN).allows(BASIC)


def test_a_grant_says_what_it_is_about() -> None:
    receipt = Book().grant(BASIC)
    assert (receipt.install, receipt.controller) == (GRANTEE.install, GRANTEE.controller)
    assert (receipt.contact, receipt.products) == (GRANTEE.contact, GRANTEE.products)
    assert (receipt.terms, receipt.wording) == (TERMS.digest, WORDING)
    assert (receipt.action, receipt.granted_by) == (Action.GRANT, GrantedBy.PERSON)
    assert (receipt.tiers, receipt.purposes) == ((BASIC,), (Purpose.DETECT,))
    assert (receipt.time, receipt.previous) == (NOW, "")


def test_withdrawing_additional_keeps_basic(book: Book) -> None:
    assert tiers(book.ledger) == (BASIC,)
    assert book.ledger.consent(KNOWN).allows(BASIC)
    assert not book.ledger.consent(KNOWN).allows(ADDITIONAL)


def test_withdrawing_basic_withdraws_both(book: Book) -> None:
    book.grant(ADDITIONAL)
    assert tiers(book.ledger) == (BASIC, ADDITIONAL)
    assert book.withdraw(BASIC).tiers == ()
    assert not book.ledger.consent(KNOWN).allows(BASIC)
    assert not book.ledger.consent(KNOWN).allows(ADDITIONAL)


def test_additional_needs_basic() -> None:
    with pytest.raises(ConsentMissing, match="grant basic"):
        Book().grant(ADDITIONAL)


@pytest.mark.parametrize("tier", Tier)
def test_what_was_not_granted_cannot_be_withdrawn(tier: Tier) -> None:
    with pytest.raises(ConsentMissing):
        Book().withdraw(tier)


def test_other_terms_are_agreed_to_tier_by_tier(book: Book) -> None:
    book.grant(ADDITIONAL)
    with pytest.raises(ConsentMissing):
        book.grant(ADDITIONAL, WIDER)
    book.grant(BASIC, WIDER)
    assert tiers(book.ledger) == (BASIC,)
    assert book.ledger.consent(KNOWN).terms is WIDER
    book.grant(ADDITIONAL, WIDER)
    assert tiers(book.ledger) == (BASIC, ADDITIONAL)


def test_a_clock_set_back_does_not_stop_a_withdrawal(book: Book) -> None:
    granted = book.grant(ADDITIONAL)
    book.now = NOW - timedelta(days=365)
    withdrawn = book.withdraw(BASIC)
    assert withdrawn.time > granted.time
    book.now = NOW - timedelta(days=365)
    assert book.grant(BASIC).time > withdrawn.time
    assert tiers(parse(book.data)) == (BASIC,)


def test_consent_under_unknown_terms_allows_nothing_and_can_be_withdrawn(book: Book) -> None:
    with pytest.raises(StatementMismatch):
        book.ledger.consent({})
    book.withdraw(BASIC)
    assert not book.ledger.consent({}).allows(BASIC)


# ---- writing and reading ----


def test_a_ledger_is_read_as_it_was_written(book: Book) -> None:
    read = parse(book.data)
    assert read.entries == book.ledger.entries
    assert [entry.receipt.action for entry in read.entries] == ["grant", "grant", "withdraw"]
    assert (read.head, read.torn, read.intact) == (book.ledger.head, False, len(book.data))


def test_each_line_holds_the_document_and_the_hash_of_the_line_before(book: Book) -> None:
    first, second, _ = book.lines
    assert json.loads(first)["previous"] == ""
    assert json.loads(second)["previous"] == hashlib.sha256(first.rstrip(b"\n")).hexdigest()
    assert book.ledger.entries[0].document in first
    assert book.ledger.entries[1].receipt.previous == json.loads(second)["previous"]


steps = st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(Tier)), max_size=6)


@given(steps, st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
def test_any_history_is_read_as_it_was_written(
    history: list[tuple[Action, Tier]], jumps: list[float]
) -> None:
    book, held = Book(), set[Tier]()
    for (action, tier), jump in zip(history, jumps, strict=False):
        book.now += timedelta(seconds=jump)
        if action is Action.GRANT and (tier is BASIC or BASIC in held):
            book.grant(tier)
            held.add(tier)
        elif action is Action.WITHDRAW and tier in held:
            book.withdraw(tier)
            held = held - {tier} if tier is ADDITIONAL else set()
    read = parse(book.data)
    assert read.entries == book.ledger.entries
    assert set(tiers(read)) == held
    times = [entry.receipt.time for entry in read.entries]
    assert times == sorted(times)


@given(st.data())
def test_a_line_cut_off_by_a_crash_is_left_out(data: st.DataObject) -> None:
    book = Book()
    book.grant(BASIC)
    book.grant(ADDITIONAL)
    whole = len(book.lines[0])
    cut = data.draw(st.integers(whole, len(book.data) - 1))
    read = parse(book.data[:cut])
    assert tiers(read) == (BASIC,)
    assert read.torn == (cut > whole)
    assert read.intact == whole
    withdrawal = read.append(read.withdraw(BASIC, GrantedBy.PERSON, NOW).sign(KEY))
    assert not read.torn
    assert tiers(parse(book.data[: read.intact] + withdrawal)) == ()


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    original = HISTORY.data
    place = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != original[place]))
    changed = original[:place] + bytes([byte]) + original[place + 1 :]
    try:
        read = parse(changed)
    except LedgerBroken:
        return
    # Only the last line's end can be taken for a crash: then the line is left out, and the ledger says so.
    assert place == len(original) - 1
    assert read.torn
    assert read.entries == HISTORY.ledger.entries[:-1]


def test_a_flipped_bit_in_any_byte_is_noticed() -> None:
    original = HISTORY.data
    for place in range(len(original) - 1):
        changed = bytearray(original)
        changed[place] ^= 1 << place % 8
        with pytest.raises(LedgerBroken):
            parse(bytes(changed))


# ---- attacks ----


def edited(line: bytes, **values: Any) -> bytes:
    """The line with its parts replaced, and its digest made to fit."""
    parts = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    previous = values.get("previous", msgspec.json.decode(parts["previous"]))
    document = values.get("document", bytes(parts["document"]))
    digest = hashlib.sha256(previous.encode() + document).hexdigest()
    fields = {"digest": digest, "document": msgspec.Raw(document), "previous": previous}
    return msgspec.json.encode(fields) + b"\n"


def rechained(lines: list[bytes]) -> bytes:
    """The lines with all hashes made to fit: what an attacker without the key can do."""
    done: list[bytes] = []
    for line in lines:
        previous = hashlib.sha256(done[-1].rstrip(b"\n")).hexdigest() if done else ""
        done.append(edited(line, previous=previous))
    return b"".join(done)


def forged_tier(lines: list[bytes]) -> bytes:
    """The last receipt's payload says `additional` under the old signature."""
    document = json.loads(lines[-1])["document"]
    payload = json.loads(base64.b64decode(document["payload"]))
    payload |= {"tiers": ["basic", "additional"], "action": "grant"}
    document["payload"] = base64.b64encode(msgspec.json.encode(payload)).decode()
    return b"".join([*lines[:-1], edited(lines[-1], document=msgspec.json.encode(document))])


def with_whitespace(lines: list[bytes]) -> bytes:
    return b"".join([*lines[:-1], lines[-1].replace(b"{", b"{ ", 1)])


def with_another_field(lines: list[bytes]) -> bytes:
    return b"".join([*lines[:-1], lines[-1].replace(b"}\n", b',"note":1}\n')])


Attack = Callable[[list[bytes]], bytes]
ATTACKS: dict[str, Attack] = {
    "first line removed": lambda lines: b"".join(lines[1:]),
    "first line removed, chain repaired": lambda lines: rechained(lines[1:]),
    "middle line removed": lambda lines: b"".join([lines[0], lines[2]]),
    "middle line removed, chain repaired": lambda lines: rechained([lines[0], lines[2]]),
    "lines swapped": lambda lines: b"".join([lines[1], lines[0], lines[2]]),
    "lines swapped, chain repaired": lambda lines: rechained([lines[0], lines[2], lines[1]]),
    "old grant added again": lambda lines: b"".join([*lines, lines[1]]),
    "old grant added again, chain repaired": lambda lines: rechained([*lines, lines[1]]),
    "tier forged, digests repaired": forged_tier,
    "same meaning, other bytes": with_whitespace,
    "field added": with_another_field,
    "empty line": lambda lines: b"\n" + b"".join(lines),
    "line of rubbish": lambda lines: b"".join(lines) + b"\xff\x00\n",
    "bottomless line": lambda lines: b"".join(lines) + b'{"document":' + b"[" * 10**6 + b"\n",
    "last line cut and closed": lambda lines: b"".join(lines)[:-40] + b"\n",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_ledger_that_was_tampered_with_is_refused(book: Book, attack: Attack) -> None:
    tampered = attack(book.lines)
    assert tampered != book.data
    with pytest.raises(LedgerBroken):
        parse(tampered)


def test_the_ledger_of_another_computer_is_refused(book: Book) -> None:
    with pytest.raises(LedgerBroken, match="line 1 "):
        Ledger.parse(book.data, GRANTEE.install, OTHER_KEY.public)
    with pytest.raises(LedgerBroken, match="another install"):
        Ledger.parse(book.data, "4" * 32, KEY.public)


def next_receipt(book: Book, **values: Any) -> Receipt:
    receipt = book.ledger.grant(BASIC, TERMS, WORDING, GRANTEE, GrantedBy.PERSON, book.now)
    return msgspec.structs.replace(receipt, **values)


NOT_NEXT: dict[str, tuple[Callable[[Book], dict[str, Any]], str]] = {
    "another install": (lambda book: {"install": "4" * 32}, "another install"),
    "another chain": (lambda book: {"previous": "5" * 64}, "does not follow"),
    "beginning again": (lambda book: {"previous": ""}, "does not follow"),
    "id used before": (lambda book: {"id": book.ledger.entries[0].receipt.id}, "used before"),
    "earlier than the last": (
        lambda book: {"time": book.ledger.entries[-1].receipt.time - timedelta(microseconds=1)},
        "older",
    ),
    "withdrawal that keeps all": (
        lambda book: {"action": Action.WITHDRAW, "tiers": (BASIC,)},
        "was not granted",
    ),
    "withdrawal under other terms": (
        lambda book: {"action": Action.WITHDRAW, "tiers": (), "terms": WIDER.digest},
        "other terms",
    ),
}


@pytest.mark.parametrize(("values", "reason"), NOT_NEXT.values(), ids=NOT_NEXT.keys())
def test_a_receipt_that_does_not_fit_is_refused_written_or_read(
    book: Book, values: Callable[[Book], dict[str, Any]], reason: str
) -> None:
    document = next_receipt(book, **values(book)).sign(KEY)
    head = book.ledger.head
    with pytest.raises(ReceiptInvalid, match=reason):
        book.ledger.append(document)
    assert book.ledger.head == head
    with pytest.raises(LedgerBroken, match=reason):
        parse(book.data + edited(book.lines[0], document=document, previous=head))


def test_a_withdrawal_never_grants(book: Book) -> None:
    book.withdraw(BASIC)
    receipt = next_receipt(book, action=Action.WITHDRAW, tiers=(BASIC,))
    with pytest.raises(ReceiptInvalid, match="was not granted"):
        book.write(receipt)


def test_a_receipt_of_another_key_is_refused(book: Book) -> None:
    with pytest.raises(SignatureInvalid):
        book.write(next_receipt(book), OTHER_KEY)
    assert tiers(parse(book.data)) == (BASIC,)


@pytest.mark.parametrize("spoil", [b"%s\n", b" %s", b"%s\t"])
def test_a_document_that_would_not_be_one_line_is_refused(book: Book, spoil: bytes) -> None:
    with pytest.raises(ReceiptInvalid, match="one line"):
        book.ledger.append(spoil % next_receipt(book).sign(KEY))
