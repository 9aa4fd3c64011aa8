"""Signed documents, and everything that must not pass for one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.crypto.documents import LIMIT, open_document, sign_document
from vedette.crypto.keys import PublicKey, SigningKey
from vedette.errors import SignatureInvalid

TYPE = "application/vnd.vedette.verdict+json"
KEY, OTHER = SigningKey.generate(), SigningKey.generate()
KEYS = {KEY.public.thumbprint: KEY.public, OTHER.public.thumbprint: OTHER.public}
PAYLOAD = b'{"verdict":"block"}'


def signed(key: SigningKey = KEY, payload_type: str = TYPE) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sign_document(PAYLOAD, payload_type, key))
    return document


def _encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def _with(**changes: Any) -> bytes:
    return _encoded({**signed(), **changes})


def _with_signature(**changes: Any) -> bytes:
    document = signed()
    document["signatures"][0].update(changes)
    return _encoded(document)


def _of_a_key_named_as_another() -> bytes:
    return _with_signature(sig=signed(OTHER)["signatures"][0]["sig"])


ATTACKS: dict[str, Callable[[], bytes]] = {
    "another type said": lambda: _with(payloadType="application/vnd.vedette.heartbeat+json"),
    "another type signed": lambda: _encoded({**signed(payload_type="other"), "payloadType": TYPE}),
    "an unknown key": lambda: sign_document(PAYLOAD, TYPE, SigningKey.generate()),
    "another key's signature": _of_a_key_named_as_another,
    "another key named": lambda: _with_signature(keyid=OTHER.public.thumbprint),
    "payload changed": lambda: _with(payload=base64.b64encode(b'{"verdict":"good"}').decode()),
    "payload cut": lambda: _with(payload=base64.b64encode(PAYLOAD[:-1]).decode()),
    "payload not base64": lambda: _with(payload="*" * 8),
    "payload not ASCII": lambda: _with(payload="\N{GREEK SMALL LETTER ALPHA}" * 4),
    "payload without padding": lambda: _with(payload=signed()["payload"].rstrip("=") + "A"),
    "signature not base64": lambda: _with_signature(sig="-_-_"),
    "signature cut": lambda: _with_signature(sig=signed()["signatures"][0]["sig"][:-4]),
    "signature empty": lambda: _with_signature(sig=""),
    "no signatures": lambda: _with(signatures=[]),
    "signatures missing": lambda: _encoded(
        {k: v for k, v in signed().items() if k != "signatures"}
    ),
    "signatures of another shape": lambda: _with(signatures={"keyid": "a", "sig": "b"}),
    "too large": lambda: _encoded(signed()) + b" " * LIMIT,
    "empty": lambda: b"",
    "not JSON": lambda: b"\x93NUMPY",
    "not UTF-8": lambda: b'{"payload": "\xff\xfe"}',
    "a lone surrogate": lambda: b'{"payload": "\\ud800", "payloadType": "", "signatures": []}',
    "not an object": lambda: b"[]",
    "nested deeply": lambda: b'{"x":' + b"[" * 100_000,
    "trailing": lambda: _encoded(signed()) + b"{}",
    "cut": lambda: _encoded(signed())[:-1],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_refuses(attack: str) -> None:
    with pytest.raises(SignatureInvalid):
        open_document(ATTACKS[attack](), TYPE, KEYS)


@given(
    payload=st.binary(max_size=300), payload_type=st.text(st.characters(codec="utf-8"), max_size=50)
)
def test_what_was_signed_is_opened(payload: bytes, payload_type: str) -> None:
    document = sign_document(payload, payload_type, KEY)
    assert open_document(document, payload_type, KEYS) == payload
    with pytest.raises(SignatureInvalid):
        open_document(document, payload_type + "x", KEYS)


@given(garbage=st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(garbage: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        open_document(garbage, TYPE, KEYS)


def test_the_signature_is_over_what_the_specification_says() -> None:
    # The example of DSSE's protocol.md: length and text of the type, then of the payload.
    document = json.loads(sign_document(b"hello world", "http://example.com/HelloWorld", KEY))
    signature = base64.b64decode(document["signatures"][0]["sig"])
    KEY.public.verify(signature, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world")


def test_one_good_signature_is_enough_whatever_stands_beside_it() -> None:
    document = signed()
    bad = {"keyid": OTHER.public.thumbprint, "sig": base64.b64encode(bytes(64)).decode()}
    unknown = {"keyid": "somebody", "sig": "AAAA"}
    document["signatures"] = [bad, unknown, *document["signatures"]]
    assert open_document(_encoded(document), TYPE, KEYS) == PAYLOAD


def test_a_flood_of_signatures_costs_one_look_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    verify = PublicKey.verify

    def counted(self: PublicKey, signature: bytes, message: bytes) -> None:
        looks.append(self)
        verify(self, signature, message)

    monkeypatch.setattr(PublicKey, "verify", counted)
    bad = {"keyid": KEY.public.thumbprint, "sig": base64.b64encode(bytes(64)).decode()}
    with pytest.raises(SignatureInvalid):
        open_document(_with(signatures=[bad] * 1000), TYPE, KEYS)
    assert len(looks) == 1


def test_fields_that_a_newer_version_adds_are_passed_over() -> None:
    assert open_document(_with(note="new"), TYPE, KEYS) == PAYLOAD
