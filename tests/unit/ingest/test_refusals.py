"""Every attack and every bad request, by name: the reason it is refused for, its status, and that it is counted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from httpx import Response
from sqlalchemy import insert

from tests.unit.ingest.front_door import (
    Computer,
    Door,
    batch,
    opened,
    reason,
    services,
)
from vedette.crypto.documents import sign_document
from vedette.crypto.keys import SigningKey
from vedette.facts.codec import MAX_BODY, MAX_UNPACKED
from vedette.ingest.settings import IngestSettings
from vedette.statement.clauses import Tier
from vedette.statement.consent import RECEIPT_TYPE
from vedette.store.database import writing
from vedette.store.registry_schema import TOMBSTONES
from vedette.wire import protocol
from vedette.wire.protocol import JoinRequest
from vedette.wire.refusals import Refusal

Attack = Callable[[Door, Computer], Response]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path) as door:
        yield door


def some(computer: Computer, **changes: Any) -> bytes:
    return computer.body(batch("services", services("a")), **changes)


# Who sends it, and when


def unsigned(door: Door, computer: Computer) -> Response:
    return computer.post(some(computer), {"content-type": protocol.ENVELOPE})


def signature_of_another_key(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer), key=SigningKey.generate())


def signed_by_another_install(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer), key=door.computer().key)


def other_content_than_signed(door: Door, computer: Computer) -> Response:
    headers = _headers(computer, some(computer))
    return computer.post(some(computer), headers)


def digest_changed_with_the_content(door: Door, computer: Computer) -> Response:
    body = some(computer)
    headers = _headers(computer, some(computer))
    return computer.post(
        body, headers | {"content-digest": _headers(computer, body)["content-digest"]}
    )


def signed_for_another_path(door: Door, computer: Computer) -> Response:
    body = some(computer)
    return computer.post(body, computer.headers("POST", protocol.CONSENT, protocol.ENVELOPE, body))


def signed_for_another_network(door: Door, computer: Computer) -> Response:
    body = some(computer)
    return computer.post(body, _headers(computer, body) | {"host": "other.example"})


def sent_with_a_query(door: Door, computer: Computer) -> Response:
    body = some(computer)
    return door.client.post(
        protocol.ENVELOPES + "?x=1", content=body, headers=_headers(computer, body)
    )


def signature_said_twice(door: Door, computer: Computer) -> Response:
    body = some(computer)
    signature = _headers(computer, body)
    twice = [*signature.items(), ("signature", signature["signature"])]
    return door.client.post(protocol.ENVELOPES, content=body, headers=twice)


def signature_cut(door: Door, computer: Computer) -> Response:
    body = some(computer)
    headers = _headers(computer, body)
    return computer.post(body, headers | {"signature-input": headers["signature-input"][:-9]})


def replayed(door: Door, computer: Computer) -> Response:
    body = some(computer)
    headers = _headers(computer, body)
    assert computer.post(body, headers).status_code == 202
    door.clock.advance(200)
    return computer.post(body, headers)


def nonce_used_for_other_content(door: Door, computer: Computer) -> Response:
    assert computer.send(some(computer), nonce="once").status_code == 202
    return computer.send(some(computer), nonce="once")


def replayed_from_the_future(door: Door, computer: Computer) -> Response:
    body = some(computer)
    ahead = door.clock.now() + timedelta(seconds=290)
    headers = _headers(computer, body, created=ahead)
    assert computer.post(body, headers).status_code == 202
    door.clock.advance(580)
    return computer.post(body, headers)


def signed_long_ago(door: Door, computer: Computer) -> Response:
    door.clock.advance(3600)
    return computer.send(some(computer), created=door.clock.now() - timedelta(seconds=301))


def signed_in_the_future(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer), created=door.clock.now() + timedelta(seconds=301))


def signed_before_the_network_began(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer), created=door.clock.now() - timedelta(seconds=60))


def install_that_is_unknown(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer), keyid="f" * 32)


def install_named_by_its_thumbprint(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer), keyid=computer.key.public.thumbprint)


def install_that_is_revoked(door: Door, computer: Computer) -> Response:
    door.registry.revoke(computer.install, "lost", door.clock.now())
    return computer.send(some(computer))


# Joining


def token_unknown(door: Door, computer: Computer) -> Response:
    return Computer(door).join("no token of this network")


def token_expired(door: Door, computer: Computer) -> Response:
    token = door.token(days=1)
    door.clock.advance(86_400)
    return Computer(door).join(token)


def token_spent(door: Door, computer: Computer) -> Response:
    token = door.token()
    assert Computer(door).join(token).status_code == 201
    return Computer(door).join(token)


def join_replayed(door: Door, computer: Computer) -> Response:
    token = door.token()
    new = Computer(door)
    assert new.join(token, nonce="once").status_code == 201
    return new.join(token, nonce="once")


def join_of_a_revoked_install(door: Door, computer: Computer) -> Response:
    door.registry.revoke(computer.install, "lost", door.clock.now())
    return computer.join(door.token())


def join_of_an_erased_install(door: Door, computer: Computer) -> Response:
    new = Computer(door)
    with writing(door.registry._engine) as connection:
        connection.execute(
            insert(TOMBSTONES).values(
                erasure_key=hashlib.sha256(new.key.public.raw).digest(), receipt=b"", erased_at=0
            )
        )
    return new.join(door.token())


def join_for_anothers_key(door: Door, computer: Computer) -> Response:
    return Computer(door).join(door.token(), key=SigningKey.generate())


def join_under_another_name(door: Door, computer: Computer) -> Response:
    return Computer(door).join(door.token(), keyid=computer.install)


def join_unsigned(door: Door, computer: Computer) -> Response:
    body = msgspec.json.encode(JoinRequest(door.token(), computer.key.public.raw, "x"))
    return door.client.post(protocol.INSTALLS, content=body)


def join_from_the_past(door: Door, computer: Computer) -> Response:
    return Computer(door).join(door.token(), created=datetime(2020, 1, 1, tzinfo=UTC))


def join_that_is_no_json(door: Door, computer: Computer) -> Response:
    return _join_with(computer, b"{")


def join_with_an_unknown_field(door: Door, computer: Computer) -> Response:
    return _join_with(computer, b'{"token":"","public_key":"","product":"","admin":true}')


def join_with_a_short_key(door: Door, computer: Computer) -> Response:
    return _join_with(computer, msgspec.json.encode(JoinRequest(door.token(), b"short", "x")))


def join_that_is_deep(door: Door, computer: Computer) -> Response:
    return _join_with(computer, b"[" * 60_000)


def join_that_is_large(door: Door, computer: Computer) -> Response:
    return _join_with(computer, b" " * (64 << 10) + b" ")


# Consent


def receipt_of_another_install(door: Door, computer: Computer) -> Response:
    return computer.consent(Tier.BASIC, install=door.computer().install)


def receipt_signed_by_another(door: Door, computer: Computer) -> Response:
    return computer.put(computer.receipt_for(Tier.BASIC).sign(door.computer().key))


def receipt_sent_by_another(door: Door, computer: Computer) -> Response:
    return door.computer().put(computer.receipt_for(Tier.BASIC).sign(computer.key))


def receipt_that_is_older(door: Door, computer: Computer) -> Response:
    return computer.consent(Tier.BASIC, time=door.clock.now() - timedelta(minutes=1))


def receipt_of_the_same_moment(door: Door, computer: Computer) -> Response:
    moment = door.clock.now()
    return computer.consent(Tier.BASIC, time=moment)


def receipt_with_unknown_terms(door: Door, computer: Computer) -> Response:
    return computer.consent(Tier.BASIC, terms="0" * 64)


def receipt_from_the_future(door: Door, computer: Computer) -> Response:
    return computer.consent(Tier.BASIC, time=door.clock.now() + timedelta(days=2))


def receipt_that_is_no_document(door: Door, computer: Computer) -> Response:
    return computer.put(b"{}")


def receipt_with_additional_alone(door: Door, computer: Computer) -> Response:
    receipt = msgspec.to_builtins(computer.receipt_for(Tier.BASIC)) | {"tiers": ["additional"]}
    return computer.put(_document(computer, receipt))


def receipt_with_an_unknown_field(door: Door, computer: Computer) -> Response:
    receipt = msgspec.to_builtins(computer.receipt_for(Tier.BASIC)) | {"name": "Anna"}
    return computer.put(_document(computer, receipt))


def receipt_too_large(door: Door, computer: Computer) -> Response:
    return computer.put(b" " * (33 << 10))


def receipt_unsigned(door: Door, computer: Computer) -> Response:
    return door.client.put(
        protocol.CONSENT, content=computer.receipt_for(Tier.BASIC).sign(computer.key)
    )


def receipt_of_a_revoked_install(door: Door, computer: Computer) -> Response:
    door.registry.revoke(computer.install, "lost", door.clock.now())
    return computer.consent(Tier.BASIC)


def receipt_of_an_unknown_install(door: Door, computer: Computer) -> Response:
    return computer.put(computer.receipt_for(Tier.BASIC).sign(computer.key), keyid="f" * 32)


# What an envelope rests on


def never_consented(door: Door, computer: Computer) -> Response:
    new = Computer(door)
    new.join(door.token())
    return new.send(some(new, receipt=computer.receipt))


def consent_withdrawn(door: Door, computer: Computer) -> Response:
    assert computer.consent().status_code == 200
    return computer.send(some(computer))


def envelope_names_another_receipt(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer, receipt="f" * 32))


def envelope_names_an_older_receipt(door: Door, computer: Computer) -> Response:
    older = computer.receipt
    assert computer.consent(Tier.BASIC).status_code == 200
    return computer.send(some(computer, receipt=older))


def envelope_names_other_terms(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer, terms="0" * 64))


def envelope_names_another_install(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer, install=door.computer().install))


def sequence_reused(door: Door, computer: Computer) -> Response:
    assert computer.send(some(computer, sequence=7)).status_code == 202
    other = computer.body(batch("services", services("b")), sequence=7)
    return computer.send(other)


# What an envelope is made of


def truncated(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer)[:-3])


def truncated_to_nothing(door: Door, computer: Computer) -> Response:
    return computer.send(b"")


def truncated_inside(door: Door, computer: Computer) -> Response:
    plain = zstandard.decompress(some(computer))
    return computer.send(zstandard.compress(plain[:-1]))


def oversized(door: Door, computer: Computer) -> Response:
    return computer.send(b"\x00" * (MAX_BODY + 1))


def oversized_in_pieces(door: Door, computer: Computer) -> Response:
    body = b"\x00" * (MAX_BODY + 1)
    pieces = iter([body[:700_000], body[700_000:]])
    return door.client.post(protocol.ENVELOPES, content=pieces, headers=_headers(computer, body))


def bomb(door: Door, computer: Computer) -> Response:
    return computer.send(zstandard.compress(bytes(MAX_UNPACKED + 1)))


def bomb_that_says_nothing(door: Door, computer: Computer) -> Response:
    squeezed = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64 << 20))
    return computer.send(squeezed)


def bomb_that_lies(door: Door, computer: Computer) -> Response:
    squeezed = bytearray(zstandard.compress(bytes(200)))
    assert squeezed[5] == 200
    squeezed[5] = 100
    return computer.send(bytes(squeezed))


def no_compression(door: Door, computer: Computer) -> Response:
    return computer.send(zstandard.decompress(some(computer)))


def noise(door: Door, computer: Computer) -> Response:
    return computer.send(os.urandom(500))


def compressed_noise(door: Door, computer: Computer) -> Response:
    return computer.send(zstandard.compress(b"\xc1" + os.urandom(500)))


def bytes_behind_the_end(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer) + b"x")


def another_shape(door: Door, computer: Computer) -> Response:
    return computer.send(zstandard.compress(msgspec.msgpack.encode({"install": computer.install})))


def unknown_field_of_the_envelope(door: Door, computer: Computer) -> Response:
    told = msgspec.msgpack.decode(zstandard.decompress(some(computer))) | {"user": "anna"}
    return computer.send(zstandard.compress(msgspec.msgpack.encode(told)))


def sequence_zero(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer, sequence=0))


def sequence_too_high(door: Door, computer: Computer) -> Response:
    return computer.send(some(computer, sequence=2**63))


def _headers(computer: Computer, body: bytes, **signing: Any) -> dict[str, str]:
    return computer.headers("POST", protocol.ENVELOPES, protocol.ENVELOPE, body, **signing)


def _join_with(computer: Computer, body: bytes) -> Response:
    headers = computer.headers(
        "POST", protocol.INSTALLS, protocol.JSON, body, keyid=computer.key.public.thumbprint
    )
    return computer.door.client.post(protocol.INSTALLS, content=body, headers=headers)


def _document(computer: Computer, receipt: object) -> bytes:
    return sign_document(msgspec.json.encode(receipt), RECEIPT_TYPE, computer.key)


ATTACKS: list[tuple[Attack, Refusal]] = [
    (unsigned, Refusal.UNSIGNED),
    (signature_of_another_key, Refusal.BAD_SIGNATURE),
    (signed_by_another_install, Refusal.BAD_SIGNATURE),
    (other_content_than_signed, Refusal.BAD_SIGNATURE),
    (digest_changed_with_the_content, Refusal.BAD_SIGNATURE),
    (signed_for_another_path, Refusal.BAD_SIGNATURE),
    (signed_for_another_network, Refusal.BAD_SIGNATURE),
    (sent_with_a_query, Refusal.BAD_SIGNATURE),
    (signature_said_twice, Refusal.BAD_SIGNATURE),
    (signature_cut, Refusal.BAD_SIGNATURE),
    (replayed, Refusal.REPLAYED),
    (nonce_used_for_other_content, Refusal.REPLAYED),
    (replayed_from_the_future, Refusal.REPLAYED),
    (signed_long_ago, Refusal.STALE),
    (signed_in_the_future, Refusal.STALE),
    (signed_before_the_network_began, Refusal.STALE),
    (install_that_is_unknown, Refusal.UNKNOWN_INSTALL),
    (install_named_by_its_thumbprint, Refusal.UNKNOWN_INSTALL),
    (install_that_is_revoked, Refusal.REVOKED_INSTALL),
    (token_unknown, Refusal.TOKEN_UNKNOWN),
    (token_expired, Refusal.TOKEN_EXPIRED),
    (token_spent, Refusal.TOKEN_SPENT),
    (join_replayed, Refusal.REPLAYED),
    (join_of_a_revoked_install, Refusal.REVOKED_INSTALL),
    (join_of_an_erased_install, Refusal.ERASED_INSTALL),
    (join_for_anothers_key, Refusal.BAD_SIGNATURE),
    (join_under_another_name, Refusal.BAD_SIGNATURE),
    (join_unsigned, Refusal.UNSIGNED),
    (join_from_the_past, Refusal.STALE),
    (join_that_is_no_json, Refusal.MALFORMED),
    (join_with_an_unknown_field, Refusal.MALFORMED),
    (join_with_a_short_key, Refusal.MALFORMED),
    (join_that_is_deep, Refusal.MALFORMED),
    (join_that_is_large, Refusal.TOO_LARGE),
    (receipt_of_another_install, Refusal.RECEIPT_MISMATCH),
    (receipt_signed_by_another, Refusal.MALFORMED),
    (receipt_sent_by_another, Refusal.MALFORMED),
    (receipt_that_is_older, Refusal.RECEIPT_MISMATCH),
    (receipt_of_the_same_moment, Refusal.RECEIPT_MISMATCH),
    (receipt_with_unknown_terms, Refusal.UNKNOWN_TERMS),
    (receipt_from_the_future, Refusal.STALE),
    (receipt_that_is_no_document, Refusal.MALFORMED),
    (receipt_with_additional_alone, Refusal.MALFORMED),
    (receipt_with_an_unknown_field, Refusal.MALFORMED),
    (receipt_too_large, Refusal.TOO_LARGE),
    (receipt_unsigned, Refusal.UNSIGNED),
    (receipt_of_a_revoked_install, Refusal.REVOKED_INSTALL),
    (receipt_of_an_unknown_install, Refusal.UNKNOWN_INSTALL),
    (never_consented, Refusal.NO_CONSENT),
    (consent_withdrawn, Refusal.NO_CONSENT),
    (envelope_names_another_receipt, Refusal.RECEIPT_MISMATCH),
    (envelope_names_an_older_receipt, Refusal.RECEIPT_MISMATCH),
    (envelope_names_other_terms, Refusal.RECEIPT_MISMATCH),
    (envelope_names_another_install, Refusal.RECEIPT_MISMATCH),
    (sequence_reused, Refusal.SEQUENCE_REUSED),
    (truncated, Refusal.TRUNCATED),
    (truncated_to_nothing, Refusal.TRUNCATED),
    (truncated_inside, Refusal.TRUNCATED),
    (oversized, Refusal.TOO_LARGE),
    (oversized_in_pieces, Refusal.TOO_LARGE),
    (bomb, Refusal.BOMB),
    (bomb_that_says_nothing, Refusal.MALFORMED),
    (bomb_that_lies, Refusal.MALFORMED),
    (no_compression, Refusal.MALFORMED),
    (noise, Refusal.MALFORMED),
    (compressed_noise, Refusal.MALFORMED),
    (bytes_behind_the_end, Refusal.MALFORMED),
    (another_shape, Refusal.MALFORMED),
    (unknown_field_of_the_envelope, Refusal.MALFORMED),
    (sequence_zero, Refusal.MALFORMED),
    (sequence_too_high, Refusal.MALFORMED),
]


@pytest.mark.parametrize(("attack", "expected"), ATTACKS, ids=[a.__name__ for a, _ in ATTACKS])
def test_each_attack_is_refused_for_its_reason_and_counted(
    door: Door, attack: Attack, expected: Refusal
) -> None:
    computer = door.computer()
    end = door.log.end()
    answer = attack(door, computer)
    assert reason(answer) == expected
    assert answer.status_code == expected.status
    assert answer.json()["server_time"] == door.clock.now().isoformat()
    assert door.counted("vedette_requests_refused_total", reason=expected) == 1
    refused = sum(door.counted("vedette_requests_refused_total", reason=each) for each in Refusal)
    assert refused == 1
    accepted = door.counted("vedette_envelopes_total", outcome="accepted")
    assert door.log.end() == end + accepted  # nothing of what was refused
    assert door.log.end() - end <= 1


@pytest.mark.parametrize(
    "expected", [r for r in Refusal if r not in {Refusal.BUSY, Refusal.UNAVAILABLE}]
)
def test_every_reason_has_an_attack(expected: Refusal) -> None:
    """Both others are in ``test_appender`` and ``test_web``."""
    assert expected in {refusal for _, refusal in ATTACKS}


def test_an_envelope_under_terms_that_the_network_forgot(tmp_path: Path) -> None:
    with opened(tmp_path) as door:
        computer = door.computer()
    with opened(tmp_path, terms={}, clock=door.clock) as later:
        computer.door = later
        assert reason(computer.send(some(computer))) == Refusal.UNKNOWN_TERMS
        # A withdrawal needs no terms.
        assert computer.consent().status_code == 200


def test_a_request_to_the_process_before_is_stale_to_the_next(tmp_path: Path) -> None:
    with opened(tmp_path) as door:
        computer = door.computer()
        body = some(computer)
        headers = _headers(computer, body)
        assert computer.post(body, headers).status_code == 202
    door.clock.advance(5)
    with opened(tmp_path, clock=door.clock) as later:
        computer.door = later
        assert reason(computer.post(body, headers)) == Refusal.STALE
        assert computer.send(body).status_code == 202


def test_a_wrong_clock_can_be_corrected_by_the_answer(door: Door) -> None:
    computer = door.computer()
    body = some(computer)
    wrong = door.clock.now() + timedelta(days=400)
    answer = computer.send(body, created=wrong)
    assert reason(answer) == Refusal.STALE
    assert computer.send(
        body, created=datetime.fromisoformat(answer.json()["server_time"])
    ).is_success


def test_an_operator_may_only_ask_for_less(tmp_path: Path) -> None:
    with opened(tmp_path, settings=IngestSettings(max_body=2000, max_unpacked=3000)) as door:
        computer = door.computer()
        assert reason(computer.send(bytes(2001))) == Refusal.TOO_LARGE
        assert reason(computer.send(zstandard.compress(bytes(3001)))) == Refusal.BOMB
        assert computer.send(some(computer)).status_code == 202


@pytest.mark.parametrize(
    "settings",
    [
        {"max_body": MAX_BODY + 1},
        {"max_body": 0},
        {"max_unpacked": MAX_UNPACKED + 1},
        {"freshness": 0.0},
        {"waiting": 0},
        {"retry_after": 0},
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="out of its range"):
        IngestSettings(**settings)


def test_forged_requests_leave_nothing_behind(door: Door) -> None:
    computer = door.computer()
    before = door.freshness.remembered()
    for attack, _ in ATTACKS[:10]:
        attack(door, computer)
    unknown = door.freshness.remembered()
    for _ in range(20):  # anybody can make keys and sign with them
        assert reason(Computer(door).join("guessed")) == Refusal.TOKEN_UNKNOWN
    assert door.freshness.remembered() == unknown
    # Only `signed_by_another_install` made somebody join, with two requests.
    assert unknown == before + 2
