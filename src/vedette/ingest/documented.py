"""What the OpenAPI document says of the front door's routes beyond what their signatures do.

Bodies are read as bytes, since a signature covers just these; so the document is told here what is in them, which
header fields sign them, and with what reasons a request can be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, Parameter, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType

from vedette.statement.consent import RECEIPT_TYPE
from vedette.wire.protocol import ENVELOPE, JSON
from vedette.wire.refusals import PROBLEM_TYPE, Problem, Refusal

_ANY_BODY: Final = (Refusal.UNSIGNED, Refusal.BAD_SIGNATURE, Refusal.STALE, Refusal.REPLAYED)
_ANY_INSTALL: Final = (*_ANY_BODY, Refusal.UNKNOWN_INSTALL, Refusal.REVOKED_INSTALL)
_ANY_TIME: Final = (Refusal.TOO_LARGE, Refusal.MALFORMED, Refusal.BUSY, Refusal.UNAVAILABLE)

JOIN_REFUSALS: Final = (
    *_ANY_BODY,
    Refusal.TOKEN_UNKNOWN,
    Refusal.TOKEN_EXPIRED,
    Refusal.TOKEN_SPENT,
    Refusal.REVOKED_INSTALL,
    Refusal.ERASED_INSTALL,
    *_ANY_TIME,
)
CONSENT_REFUSALS: Final = (
    *_ANY_INSTALL,
    Refusal.RECEIPT_MISMATCH,
    Refusal.UNKNOWN_TERMS,
    *_ANY_TIME,
)
ENVELOPE_REFUSALS: Final = (
    *_ANY_INSTALL,
    Refusal.NO_CONSENT,
    Refusal.RECEIPT_MISMATCH,
    Refusal.UNKNOWN_TERMS,
    Refusal.SEQUENCE_REUSED,
    Refusal.TRUNCATED,
    Refusal.BOMB,
    *_ANY_TIME,
)


def answers(
    status: int, answer: type[msgspec.Struct], description: str, reasons: Iterable[Refusal]
) -> dict[int, ResponseSpec]:
    """The responses of a route: its own, and problem details by status with the reasons that each can have."""
    words: dict[int, list[str]] = {}
    for reason in reasons:
        words.setdefault(reason.status, []).append(reason)
    refusals = {
        refused: ResponseSpec(
            Problem,
            generate_examples=False,
            description="Refused, with `reason` " + ", ".join(f"`{word}`" for word in some),
            media_type=PROBLEM_TYPE,
        )
        for refused, some in words.items()
    }
    return {
        status: ResponseSpec(answer, generate_examples=False, description=description),
        **refusals,
    }


def _text(description: str, **more: Any) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description, **more)


def _object(properties: Mapping[str, Schema]) -> Schema:
    return Schema(
        type=OpenAPIType.OBJECT,
        properties=dict(properties),
        required=list(properties),
        additional_properties=False,
    )


_SIGNATURE: Final = {
    "Content-Digest": "SHA-256 of the body (RFC 9530): `sha-256=:…:`",
    "Signature-Input": "what is signed, with which key, when (RFC 9421), as docs/PROTOCOL.md says",
    "Signature": "the Ed25519 signature (RFC 9421): `vedette=:…:`",
}


@dataclass
class _Signed(Operation):
    """An operation with a signed body."""

    content_type: ClassVar[str]
    content: ClassVar[Schema]

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            {self.content_type: OpenAPIMediaType(self.content)}, required=True
        )
        self.parameters = [
            Parameter(
                name=name,
                param_in="header",
                description=description,
                required=True,
                schema=Schema(type=OpenAPIType.STRING),
            )
            for name, description in _SIGNATURE.items()
        ]


class JoinOperation(_Signed):
    """Joining: the body is a ``JoinRequest``."""

    content_type = JSON
    content = _object(
        {
            "token": _text("the join string's token"),
            "public_key": _text("the 32 bytes of the Ed25519 key", content_encoding="base64"),
            "product": _text("what joins, such as `vedette/0.1.0`"),
        }
    )


class ConsentOperation(_Signed):
    """Consent: the body is a signed receipt."""

    content_type = RECEIPT_TYPE
    content = _object(
        {
            "payload": _text("the receipt, as JSON", content_encoding="base64"),
            "payloadType": _text("the receipt's type", const=RECEIPT_TYPE),
            "signatures": Schema(
                type=OpenAPIType.ARRAY,
                min_items=1,
                items=_object(
                    {
                        "keyid": _text("the thumbprint of the install's key (RFC 7638)"),
                        "sig": _text("the Ed25519 signature (DSSE)", content_encoding="base64"),
                    }
                ),
            ),
        }
    )


class EnvelopeOperation(_Signed):
    """Reporting: the body is an envelope."""

    content_type = ENVELOPE
    content = _text(
        "an envelope: MessagePack in one zstd frame (RFC 8878), as docs/PROTOCOL.md says",
        format="binary",
    )
