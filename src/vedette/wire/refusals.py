"""Why the network refuses a request: a closed vocabulary that both sides share, told as RFC 9457 problem details."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

PROBLEM_TYPE: Final = "application/problem+json"


class Refusal(StrEnum):
    """The word for a refusal, with its HTTP status and what the sender can do."""

    status: int
    advice: str

    def __new__(cls, word: str, status: int, advice: str) -> Refusal:
        member = str.__new__(cls, word)
        member._value_ = word
        member.status = status
        member.advice = advice
        return member

    UNSIGNED = "unsigned", 401, "sign the request with the install's key"
    BAD_SIGNATURE = "bad_signature", 401, "sign exactly the request that is sent"
    STALE = "stale", 401, "set the clock by the time in this answer and sign again"
    REPLAYED = "replayed", 401, "sign again with a new nonce"
    UNKNOWN_INSTALL = "unknown_install", 401, "join the network again"
    REVOKED_INSTALL = "revoked_install", 403, "ask the network's operator why"
    ERASED_INSTALL = "erased_install", 410, "join again with a new key and a new join string"
    TOKEN_UNKNOWN = "token_unknown", 403, "ask the network's operator for a new join string"
    TOKEN_EXPIRED = "token_expired", 403, "ask the network's operator for a new join string"
    TOKEN_SPENT = "token_spent", 403, "ask the network's operator for a new join string"
    NO_CONSENT = "no_consent", 403, "send the consent's receipt first, or stop sending"
    UNKNOWN_TERMS = (
        "unknown_terms",
        403,
        "update Vedette and grant again, or have the network updated",
    )
    RECEIPT_MISMATCH = "receipt_mismatch", 403, "send the current receipt before the envelope"
    SEQUENCE_REUSED = "sequence_reused", 409, "never use a sequence number for two contents"
    TRUNCATED = "truncated", 400, "send the whole envelope"
    MALFORMED = "malformed", 400, "encode it as docs/PROTOCOL.md says"
    TOO_LARGE = "too_large", 413, "send less at once"
    BOMB = "bomb", 413, "send less at once"
    BUSY = "busy", 429, "try again after the time in Retry-After"
    UNAVAILABLE = "unavailable", 503, "try again after the time in Retry-After"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details; ``server_time`` (RFC 3339) lets a computer with a wrong clock correct itself."""

    type: str
    title: str
    status: int
    detail: str
    reason: str
    server_time: str | None = None
