from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from vedette.clock import micros
from vedette.crypto.documents import sign_document
from vedette.crypto.keys import SigningKey
from vedette.errors import CryptoError, SignatureInvalid, VerdictError
from vedette.verdicts.verdict import (
    HEARTBEAT_TYPE,
    VERDICT_TYPE,
    Evidence,
    Heartbeat,
    Verdict,
    open_heartbeat,
    open_verdict,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = 86_400_000_000
KEY, OTHER = SigningKey.generate(), SigningKey.generate()
KEYS = {KEY.public.thumbprint: KEY.public}
GOOD: dict[str, Any] = {
    "subject_kind": "file",
    "subject": "ab" * 32,
    "verdict": "block",
    "score": 0.75,
    "evidence": [{"kind": "votes", "text": "2 independent computers", "weight": 2.0}],
    "stage": "all",
    "issued": micros(NOW),
    "expires": micros(NOW) + 30 * DAY,
    "serial": 7,
}
BEAT = {"serial": 7, "time": micros(NOW)}


def signed(payload: dict[str, Any] | bytes, kind: str = VERDICT_TYPE) -> bytes:
    """A document as only the network could make it, whatever it says."""
    content = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    return sign_document(content, kind, KEY)


def changed(document: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The document with another payload under the old signature."""
    envelope = json.loads(document)
    payload = json.loads(base64.b64decode(envelope["payload"]))
    change(payload)
    envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(envelope).encode()


def verdict() -> Verdict:
    return msgspec.convert(GOOD, Verdict)


def test_a_signed_verdict_is_read_as_it_was_written() -> None:
    document = verdict().sign(KEY)
    assert b"\n" not in document
    opened = open_verdict(document, KEYS, NOW)
    assert opened == verdict()
    assert opened.evidence == (Evidence("votes", "2 independent computers", 2.0),)


def test_a_verdict_expires_without_becoming_an_error() -> None:
    document = verdict().sign(KEY)
    later = NOW + timedelta(days=30)
    assert not open_verdict(document, KEYS, later).expired(later - timedelta(microseconds=1))
    assert open_verdict(document, KEYS, later).expired(later)


def test_a_later_release_may_say_more() -> None:
    assert open_verdict(signed({**GOOD, "more": 1}), KEYS, NOW) == verdict()


FORGED = {
    "another key": verdict().sign(OTHER),
    "another key under the network's name": verdict()
    .sign(OTHER)
    .replace(OTHER.public.thumbprint.encode(), KEY.public.thumbprint.encode()),
    "a changed subject": changed(signed(GOOD), lambda said: said.update(subject="cd" * 32)),
    "a longer life": changed(signed(GOOD), lambda said: said.update(expires=GOOD["expires"] + DAY)),
    "a block made good": changed(signed(GOOD), lambda said: said.update(verdict="good")),
    "another type": signed(GOOD, "application/vnd.vedette.receipt+json"),
    "a heartbeat": signed(BEAT, HEARTBEAT_TYPE),
    "a heartbeat renamed": signed(BEAT, HEARTBEAT_TYPE).replace(b"heartbeat+json", b"verdict+json"),
    "nothing signed": b"",
    "no signature": json.dumps({**json.loads(signed(GOOD)), "signatures": []}).encode(),
    "half a document": signed(GOOD)[:-20],
    "too much": signed({**GOOD, "padding": "x" * (64 << 10)}),
}


@pytest.mark.parametrize("document", FORGED.values(), ids=FORGED.keys())
def test_what_the_network_did_not_sign_as_a_verdict_is_refused(document: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        open_verdict(document, KEYS, NOW)


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "an unknown word": {"verdict": "allow"},
    "an unknown kind of subject": {"subject_kind": "person"},
    "an unknown stage": {"stage": "some"},
    "a subject in upper case": {"subject": "AB" * 32},
    "a short subject": {"subject": "ab" * 31},
    "a subject with a line break": {"subject": "ab" * 32 + "\n"},
    "a path for a subject": {"subject": "../" * 21 + "a"},
    "a negative serial": {"serial": -1},
    "serial nought": {"serial": 0},
    "an endless serial": {"serial": 1 << 63},
    "a serial that is no whole number": {"serial": 1.5},
    "expiry before issue": {"expires": micros(NOW) - 1},
    "no life at all": {"expires": micros(NOW)},
    "too long a life": {"expires": micros(NOW) + 400 * DAY + 1},
    "too long a life by a later issue": {
        "issued": micros(NOW) + 300 * DAY,
        "expires": micros(NOW) + 401 * DAY,
    },
    "issue before the epoch": {"issued": -1, "expires": 1},
    "a score above one": {"score": 1.01},
    "a negative score": {"score": -0.01},
    "a score of null, as NaN is written": {"score": None},
    "a revocation without a reason": {"verdict": "none"},
    "a revocation with an empty reason": {"verdict": "none", "reason": ""},
    "a reason that steers a terminal": {"reason": "\x1b[2Jgone"},
    "evidence that steers a terminal": {
        "evidence": [{"kind": "votes", "text": "\x1b]0;x\x07", "weight": 1.0}]
    },
    "evidence of no kind": {"evidence": [{"kind": "", "text": "x", "weight": 1.0}]},
    "endless evidence": {"evidence": [{"kind": "votes", "text": "x", "weight": 1.0}] * 33},
    "an endless text": {"reason": "x" * 1001},
}


@pytest.mark.parametrize("said", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_an_impossible_verdict_is_refused_whoever_signed_it(said: dict[str, Any]) -> None:
    with pytest.raises(VerdictError):
        open_verdict(signed({**GOOD, **said}), KEYS, NOW)


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 5000, signed(GOOD)[:30]]
    + [msgspec.json.encode(GOOD).replace(b"0.75", word) for word in (b"NaN", b"1e999", b"-0.1")],
)
def test_a_payload_that_is_no_verdict_is_refused(payload: bytes) -> None:
    with pytest.raises(VerdictError):
        open_verdict(signed(payload), KEYS, NOW)


def test_a_verdict_that_cannot_be_is_not_even_made() -> None:
    with pytest.raises(VerdictError, match="score"):
        Verdict(**{**GOOD, "evidence": (), "score": float("nan")})
    with pytest.raises(VerdictError, match="serial"):
        Verdict(**{**GOOD, "evidence": (), "serial": 0})


def test_a_heartbeat_is_read_as_it_was_written() -> None:
    beat = Heartbeat(7, micros(NOW))
    assert open_heartbeat(beat.sign(KEY), KEYS, NOW) == beat
    assert open_heartbeat(beat.sign(KEY), KEYS, NOW - timedelta(hours=23)) == beat


def test_a_verdict_is_no_heartbeat() -> None:
    for document in (signed(GOOD), Heartbeat(7, 1).sign(OTHER)):
        with pytest.raises(SignatureInvalid):
            open_heartbeat(document, KEYS, NOW)


@pytest.mark.parametrize(
    "said",
    [
        {"serial": -1},
        {"time": -1},
        {"time": "now"},
        {"serial": 1 << 63},
        {"time": micros(NOW) - DAY - 1},
        {"time": micros(NOW) + DAY + 1},
    ],
    ids=["negative", "before 1970", "no time", "endless", "a recording", "from the future"],
)
def test_an_impossible_heartbeat_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(VerdictError):
        open_heartbeat(signed({**BEAT, **said}, HEARTBEAT_TYPE), KEYS, NOW)


def test_errors_say_what_to_do_and_nothing_of_the_content() -> None:
    with pytest.raises(VerdictError) as caught:
        open_verdict(signed({**GOOD, "reason": "secret\n"}), KEYS, NOW)
    assert "secret" not in str(caught.value)
    assert caught.value.advice
    assert not isinstance(caught.value, CryptoError)


def test_the_room_is_light_enough_for_the_agent() -> None:
    script = (
        "import sys, vedette.verdicts.verdict, vedette.verdicts.stream;"
        "print([n for n in sys.modules if n.split('.')[0] in ('sqlalchemy','pyarrow','asyncio','litestar')])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
