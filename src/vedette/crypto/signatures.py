"""Signed requests: HTTP Message Signatures (RFC 9421) with Ed25519 and Content-Digest (RFC 9530), in one strict
profile.

The profile: one signature, labelled ``vedette``, over method, authority, path, query, content digest and
content type in this order, with ``created``, ``nonce``, ``keyid``, ``alg`` and ``tag``. Whatever leaves
something out, adds something or says it twice is refused, so there is nothing to negotiate and nothing to
downgrade. A general library accepts more than is wanted here, at four times the cost of a request; the tests
hold this profile against one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from vedette.crypto.keys import PublicKey, SigningKey
from vedette.errors import SignatureInvalid

LABEL: Final = "vedette"
_COVERED: Final = '("@method" "@authority" "@path" "@query" "content-digest" "content-type")'
_PARAMETER = re.compile(r';([a-z]+)=(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,128})"|([0-9]{1,15}))')
_REQUIRED: Final = ["alg", "created", "keyid", "nonce", "tag"]
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signature says of itself: whose key, made when (UTC, to the second), and the value used once."""

    keyid: str
    created: datetime
    nonce: str


def content_digest(body: bytes) -> str:
    """The ``Content-Digest`` field of ``body``."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_request(
    method: str,
    url: str,
    content_type: str,
    body: bytes,
    *,
    key: SigningKey,
    keyid: str,
    created: datetime,
    nonce: str,
) -> dict[str, str]:
    """The header fields that make a request signed: ``Content-Digest``, ``Signature-Input`` and ``Signature``."""
    digest = content_digest(body)
    seconds = int(created.timestamp())
    parameters = (
        f'{_COVERED};created={seconds};nonce="{nonce}";keyid="{keyid}";alg="ed25519";tag="{LABEL}"'
    )
    signature = key.sign(_base(method, url, digest, content_type, parameters))
    return {
        "content-digest": digest,
        "signature-input": f"{LABEL}={parameters}",
        "signature": f"{LABEL}=:{base64.b64encode(signature).decode()}:",
    }


def read_signature(headers: Mapping[str, str]) -> Claims:
    """What the signature in ``headers`` (lower-case names) claims; nothing is verified yet.

    Raises ``SignatureInvalid`` where there is none, or one outside the profile.
    """
    return _claims(_parameters(headers))


def verify_request(
    method: str, url: str, headers: Mapping[str, str], body: bytes, key: PublicKey
) -> Claims:
    """What the signature claims, once ``key`` is found to have signed just this request. Raises
    ``SignatureInvalid``.
    """
    parameters = _parameters(headers)
    claims = _claims(parameters)
    digest = headers.get("content-digest", "")
    if not hmac.compare_digest(digest.encode(), content_digest(body).encode()):
        raise _refused("does not cover the content that came")
    signature = headers.get("signature", "")
    prefix = f"{LABEL}=:"
    if not (signature.startswith(prefix) and signature.endswith(":")):
        raise _refused("is not in the form of RFC 9421")
    try:
        raw = base64.b64decode(signature[len(prefix) : -1], validate=True)
    except binascii.Error as error:
        raise _refused("is not in base64") from error
    key.verify(raw, _base(method, url, digest, headers.get("content-type", ""), parameters))
    return claims


def _parameters(headers: Mapping[str, str]) -> str:
    """The value of the one signature's parameters, beginning with the covered components."""
    field = headers.get("signature-input", "")
    if not field:
        raise _refused("is missing")
    label, _, parameters = field.partition("=")
    if label != LABEL or not parameters.startswith(_COVERED):
        raise _refused("does not cover what it must")
    return parameters


def _claims(parameters: str) -> Claims:
    rest = parameters[len(_COVERED) :]
    matches = list(_PARAMETER.finditer(rest))
    if "".join(match[0] for match in matches) != rest:
        raise _refused("has parameters that cannot be read")
    if sorted(match[1] for match in matches) != _REQUIRED:
        raise _refused("has other parameters than it must, or one twice")
    texts = {match[1]: match[2] for match in matches}
    (seconds,) = (match[3] for match in matches if match[1] == "created")
    if texts["alg"] != "ed25519" or texts["tag"] != LABEL or not seconds:
        raise _refused("is of another kind")
    if not (texts["nonce"] and texts["keyid"]):
        raise _refused("names no key or no nonce")
    try:
        created = datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise _refused("was made at no time there is") from error
    return Claims(texts["keyid"], created, texts["nonce"])


def _base(method: str, url: str, digest: str, content_type: str, parameters: str) -> bytes:
    """The signature base (RFC 9421, section 2.5)."""
    parts = urlsplit(url)
    return (
        f'"@method": {method}\n'
        f'"@authority": {_authority(parts)}\n'
        f'"@path": {parts.path or "/"}\n'
        f'"@query": ?{parts.query}\n'
        f'"content-digest": {digest}\n'
        f'"content-type": {content_type.strip()}\n'
        f'"@signature-params": {parameters}'
    ).encode("latin-1", "replace")


def _authority(parts: SplitResult) -> str:
    """Host and port in lower case, without the scheme's own port (RFC 9421, section 2.2.3)."""
    netloc = parts.netloc.lower()
    default = f":{_DEFAULT_PORTS.get(parts.scheme, 0)}"
    return netloc.removesuffix(default)


def _refused(what: str) -> SignatureInvalid:
    return SignatureInvalid(f"the request's signature {what}", "sign it as docs/PROTOCOL.md says")
