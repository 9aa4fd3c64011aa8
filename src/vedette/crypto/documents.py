"""Signed documents: DSSE, the Dead Simple Signing Envelope (https://github.com/secure-systems-lab/dsse,
protocol.md 1.0).

The signature covers the payload's type as well, so a document of one kind cannot be passed off as another. Of
the two alphabets of base64 that DSSE allows, documents here use the standard one, with padding.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from typing import Final

import msgspec

from vedette.crypto.keys import PublicKey, SigningKey
from vedette.errors import SignatureInvalid

LIMIT: Final = 256 << 10


class _Signature(msgspec.Struct):
    keyid: str
    sig: str


class _Document(msgspec.Struct):
    payload: str
    payloadType: str  # noqa: N815 - the specification's own spelling
    signatures: list[_Signature]


_decoder = msgspec.json.Decoder(_Document)


def sign_document(payload: bytes, payload_type: str, key: SigningKey) -> bytes:
    """``payload`` signed by ``key``, as JSON; the key is named by its thumbprint."""
    signature = key.sign(_preauthenticated(payload_type, payload))
    return msgspec.json.encode(
        _Document(
            base64.b64encode(payload).decode(),
            payload_type,
            [_Signature(key.public.thumbprint, base64.b64encode(signature).decode())],
        )
    )


def open_document(
    document: bytes, payload_type: str, keys: Mapping[str, PublicKey], *, limit: int = LIMIT
) -> bytes:
    """The payload of ``document``, if one of ``keys`` (by thumbprint) signed it as ``payload_type``.

    Raises ``SignatureInvalid`` for anything else, also for a document of more than ``limit`` bytes.
    """
    if len(document) > limit:
        raise _refused("is too large")
    try:
        parsed = _decoder.decode(document)
        payload = base64.b64decode(parsed.payload, validate=True)
        candidates = {
            signature.keyid: base64.b64decode(signature.sig, validate=True)
            for signature in parsed.signatures
            if signature.keyid in keys
        }
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise _refused("is not one") from error
    if parsed.payloadType != payload_type:
        raise _refused("is of another kind")
    if not candidates:
        raise _refused("is not signed by a known key")
    message = _preauthenticated(payload_type, payload)
    for keyid, signature in candidates.items():
        with contextlib.suppress(SignatureInvalid):
            keys[keyid].verify(signature, message)
            return payload
    raise _refused("was changed, or signed by another key than it names")


def _preauthenticated(payload_type: str, payload: bytes) -> bytes:
    """DSSE's PAE: what the signature is over."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _refused(what: str) -> SignatureInvalid:
    return SignatureInvalid(f"a signed document {what}", "do not use it; ask for it again")
