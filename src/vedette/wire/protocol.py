"""The messages of both sides, their places and their content types. Times are RFC 3339, binary values base64."""

from __future__ import annotations

from typing import Final

import msgspec

AUTHORITY: Final = "/v1/authority"
INSTALLS: Final = "/v1/installs"
CONSENT: Final = "/v1/consent"
ENVELOPES: Final = "/v1/envelopes"
URGENT: Final = "/v1/urgent"

JSON: Final = "application/json"
ENVELOPE: Final = "application/vnd.vedette.envelope"
RECEIPT: Final = "application/vnd.vedette.receipt+json"
EVENTS: Final = "text/event-stream"


class JoinRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Registers the key that signs this request. ``public_key``: 32 bytes, base64."""

    token: str
    public_key: bytes
    product: str


class JoinAnswer(msgspec.Struct, frozen=True):
    """The install's id, given by the network."""

    install: str


class ConsentAnswer(msgspec.Struct, frozen=True):
    """The receipt that the network now holds as current."""

    receipt: str
    tiers: list[str]


class RefusedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """``count`` rows of ``item`` were refused for ``reason``; ``row`` is the first, ``field`` where one is at
    fault.
    """

    item: str
    reason: str
    count: int
    field: str | None = None
    row: int | None = None


class EnvelopeAnswer(msgspec.Struct, frozen=True):
    """What became of an envelope: rows accepted by item, and what was refused."""

    sequence: int
    accepted: dict[str, int]
    refused: list[RefusedItem]
