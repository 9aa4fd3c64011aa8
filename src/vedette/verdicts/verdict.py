"""A verdict of the network about a file, the heartbeat of its urgent channel, and the signed form of both.

Both travel as DSSE documents (:mod:`vedette.crypto.documents`) whose type is under the signature too: a heartbeat
cannot be passed off as a verdict. What is signed is checked before it is believed, and before it is signed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

import msgspec

from vedette.clock import micros
from vedette.crypto.documents import open_document, sign_document
from vedette.crypto.keys import PublicKey, SigningKey
from vedette.errors import VerdictError

VERDICT_TYPE: Final = "application/vnd.vedette.verdict+json"
HEARTBEAT_TYPE: Final = "application/vnd.vedette.heartbeat+json"
MAX_DOCUMENT: Final = 64 << 10

LONGEST_LIFE: Final = timedelta(days=400)
"""No verdict holds longer, counted from its issue or from now, whichever is earlier."""

HEARTBEAT_SKEW: Final = timedelta(days=1)
"""A heartbeat further from now is a recording. Wide, since a computer whose clock is wrong needs protection too."""

Judgement = Literal["block", "suspicious", "good", "none"]
"""``none`` takes back what was said before."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_MAX_TEXT = 1000  # characters
_MAX_EVIDENCE = 32
_MAX_SERIAL = (1 << 63) - 1


class Evidence(msgspec.Struct, frozen=True):
    """One reason for a verdict: what ``kind`` of reason, in words, and the number behind it."""

    kind: str
    text: str
    weight: float

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise _wrong("a kind of evidence is no word")
        _check_text(self.text)


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the network holds of ``subject``, a file by its SHA-256 (64 lower-case hexadecimal digits).

    ``score`` is how sure it is of a threat, 0 to 1; ``stage`` which computers it is for; ``issued`` and ``expires`` are
    microseconds since the epoch; ``serial`` counts the network's verdicts from 1. ``reason`` is the operator's own
    word; a revocation (``none``) has one.

    Raises ``VerdictError`` where a value cannot be.
    """

    subject_kind: Literal["file"]
    subject: str
    verdict: Judgement
    score: float
    evidence: tuple[Evidence, ...]
    stage: Literal["all"]
    issued: int
    expires: int
    serial: int
    reason: str | None = None

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.subject):
            raise _wrong("its subject is not a file's SHA-256 in lower case")
        if not 0 <= self.score <= 1:  # nor is NaN
            raise _wrong("its score is not between 0 and 1")
        if len(self.evidence) > _MAX_EVIDENCE:
            raise _wrong("it has too much evidence")
        if not 1 <= self.serial <= _MAX_SERIAL:
            raise _wrong("its serial is no number from 1 on")
        if self.issued < 0 or self.expires <= self.issued:
            raise _wrong("it expires before it was issued")
        if self.expires > self.issued + _micros(LONGEST_LIFE):
            raise _wrong("it expires too late")
        if self.verdict == "none" and not self.reason:
            raise _wrong("it takes something back without a reason")
        if self.reason is not None:
            _check_text(self.reason)

    def expired(self, now: datetime) -> bool:
        """Whether it no longer holds."""
        return self.expires <= micros(now)

    def sign(self, key: SigningKey) -> bytes:
        """The verdict as a signed document, JSON on one line."""
        return sign_document(msgspec.json.encode(self), VERDICT_TYPE, key)


class Heartbeat(msgspec.Struct, frozen=True):
    """The network's word that at ``time`` (microseconds) its newest verdict was number ``serial``; 0 is none yet.

    Raises ``VerdictError`` where a value cannot be.
    """

    serial: int
    time: int

    def __post_init__(self) -> None:
        if not 0 <= self.serial <= _MAX_SERIAL:
            raise _wrong("its serial is no number from 0 on")
        if self.time < 0:
            raise _wrong("its time is before 1970")

    def sign(self, key: SigningKey) -> bytes:
        """The heartbeat as a signed document, JSON on one line."""
        return sign_document(msgspec.json.encode(self), HEARTBEAT_TYPE, key)


def open_verdict(document: bytes, keys: Mapping[str, PublicKey], now: datetime) -> Verdict:
    """The verdict in ``document``, signed by one of ``keys`` (by thumbprint). That it has expired is no error.

    Raises ``SignatureInvalid`` where none of them signed it as a verdict, ``VerdictError`` where it is not a
    possible one or would hold too long.
    """
    verdict = _parse(open_document(document, VERDICT_TYPE, keys, limit=MAX_DOCUMENT), Verdict)
    # An issue date far in the future would otherwise stretch the longest life.
    if verdict.expires > micros(now + LONGEST_LIFE):
        raise _wrong("it expires too late")
    return verdict


def open_heartbeat(document: bytes, keys: Mapping[str, PublicKey], now: datetime) -> Heartbeat:
    """The heartbeat in ``document``, signed by one of ``keys`` (by thumbprint).

    Raises ``SignatureInvalid`` where none of them signed it as a heartbeat, ``VerdictError`` where it is not a
    possible one or is of another day.
    """
    heartbeat = _parse(open_document(document, HEARTBEAT_TYPE, keys, limit=MAX_DOCUMENT), Heartbeat)
    if abs(heartbeat.time - micros(now)) > _micros(HEARTBEAT_SKEW):
        raise VerdictError(
            "a heartbeat of the network is of another day", "check this computer's clock"
        )
    return heartbeat


_Signed = TypeVar("_Signed", Verdict, Heartbeat)


def _parse(payload: bytes, kind: type[_Signed]) -> _Signed:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong("its content is not one") from error


def _check_text(text: str) -> None:
    """Texts are shown on terminals: nothing that could steer one."""
    if len(text) > _MAX_TEXT or not text.isprintable():
        raise _wrong("a text is too long or not printable")


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _wrong(what: str) -> VerdictError:
    return VerdictError(f"a verdict cannot be used ({what})", "tell the network's operator")
