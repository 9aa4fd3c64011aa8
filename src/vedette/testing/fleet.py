"""Simulated installs and made-up reports, for load and crash tests. Everything in them is synthetic, and says so.

They speak the real protocol: keys, registration, receipts, signed requests, envelopes. Only the facts are invented.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vedette.catalogue import discover
from vedette.clock import Clock, micros
from vedette.crypto.keys import SigningKey
from vedette.crypto.signatures import sign_request
from vedette.facts import codec
from vedette.facts.envelope import Envelope
from vedette.statement.clauses import Tier, Wording
from vedette.statement.consent import GrantedBy
from vedette.statement.ledger import Grantee, Ledger
from vedette.statement.terms import current
from vedette.wire import protocol
from vedette.wire.http import Answer, Client, Request, raise_for_refusal
from vedette.wire.join import JoinString
from vedette.wire.protocol import JoinAnswer, JoinRequest
from vedette.wire.transport import Origin

PRODUCT: Final = "vedette-simulated/0"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]

_SCHEMAS: Final = discover().schemas


@dataclass
class SimulatedInstall:
    """One install that has joined and consented to the basic tier; counts its own sequence numbers."""

    origin: Origin
    install: str
    receipt: str
    terms: str
    key: SigningKey
    clock: Clock
    sequence: int = field(default=0)

    @classmethod
    def register(cls, join: JoinString, client: Client, clock: Clock) -> SimulatedInstall:
        """Joins with a new key and sends a receipt for the basic tier. Raises ``WireError``."""
        key = SigningKey.generate()
        wanted = msgspec.json.encode(JoinRequest(join.token, key.public.raw, PRODUCT))
        joining = signed(
            client.origin,
            key,
            key.public.thumbprint,
            clock,
            "POST",
            protocol.INSTALLS,
            protocol.JSON,
            wanted,
        )
        install = msgspec.json.decode(_sent(client, joining).body, type=JoinAnswer).install
        grantee = Grantee(install, join.controller, join.contact, (PRODUCT,))
        terms, wording = current(), Wording.load().digest
        ledger = Ledger(install, key.public)
        receipt = ledger.grant(Tier.BASIC, terms, wording, grantee, GrantedBy.POLICY, clock.now())
        granting = signed(
            client.origin,
            key,
            install,
            clock,
            "PUT",
            protocol.CONSENT,
            protocol.RECEIPT,
            receipt.sign(key),
        )
        _sent(client, granting)
        return cls(client.origin, install, receipt.id, terms.digest, key, clock)

    def envelope(self, rows: Rows) -> tuple[int, bytes]:
        """The next envelope, with ``rows`` by item: its sequence number and body."""
        self.sequence += 1
        schemas, terms = _SCHEMAS, current()
        batches = [
            schemas[item].batch(some, terms.fields(item)) for item, some in rows.items() if some
        ]
        envelope = Envelope(self.install, PRODUCT, self.receipt, self.terms, self.sequence, batches)
        return self.sequence, codec.encode(envelope)

    def request(self, body: bytes) -> Request:
        """``body`` as a request that is signed now."""
        return signed(
            self.origin,
            self.key,
            self.install,
            self.clock,
            "POST",
            protocol.ENVELOPES,
            protocol.ENVELOPE,
            body,
        )


class Facts:
    """Made-up rows. ``new``: the share of launches whose file this fleet never launched before; the others are of
    ``known`` files (their digests, or how many to make up), the first of them most often.
    """

    def __init__(
        self, seed: int, clock: Clock, *, known: int | Sequence[bytes] = 10_000, new: float = 0.2
    ) -> None:
        self._random = random.Random(seed)
        self._clock = clock
        self._new = new
        self._known = (
            [self._random.randbytes(32) for _ in range(known)] if isinstance(known, int) else known
        )

    def launches(self, count: int) -> list[dict[str, Any]]:
        """Launches within the last hours."""
        return [self._launch(digest) for digest in self._digests(count)]

    def detections(
        self, digests: Sequence[bytes], threat: str = "Synthetic.Test"
    ) -> list[dict[str, Any]]:
        """One detection for each digest."""
        now = micros(self._clock.now()) // 1_000_000
        return [
            {
                "threat": threat,
                "time": now,
                "files": [
                    {
                        "name": "synthetic.exe",
                        "size": 4096,
                        "hash": digest,
                        "place": "<home>/Downloads",
                    }
                ],
                "action": "none",
            }
            for digest in digests
        ]

    def services(self, count: int) -> list[dict[str, Any]]:
        """Services as an inventory tells of them."""
        return [
            {
                "name": f"synthetic-{self._random.randrange(2000)}",
                "kind": "notify",
                "start": "auto",
                "image": f"/usr/lib/synthetic/{self._random.randrange(2000)}",
                "account_kind": "system",
            }
            for _ in range(count)
        ]

    def _digests(self, count: int) -> Iterator[bytes]:
        for _ in range(count):
            if self._random.random() < self._new:
                yield self._random.randbytes(32)
            else:
                yield self._known[int(len(self._known) * self._random.random() ** 3)]

    def _launch(self, digest: bytes) -> dict[str, Any]:
        time = self._clock.now() - timedelta(hours=self._random.randrange(24))
        return {
            "sha256": digest,
            "size": self._random.randrange(1 << 24),
            "name": f"synthetic-{digest[:2].hex()}.exe",
            "location": self._random.choice(("system", "program_files", "app_data", "downloads")),
            "folder": f"/opt/synthetic/{digest[2:3].hex()}",
            "attributes": ["executable"],
            "created": _days(time),
            "time": micros(time) // 3_600_000_000,
        }


def signed(
    origin: Origin,
    key: SigningKey,
    keyid: str,
    clock: Clock,
    method: str,
    target: str,
    content_type: str,
    body: bytes,
) -> Request:
    """A request signed by ``key`` at the clock's time, with a nonce of its own."""
    signature = sign_request(
        method,
        f"{origin.scheme}://{origin.authority}{target}",
        content_type,
        body,
        key=key,
        keyid=keyid,
        created=clock.now(),
        nonce=secrets.token_urlsafe(16),
    )
    return Request(method, target, {"content-type": content_type, **signature}, body)


def _sent(client: Client, request: Request) -> Answer:
    answer = client.exchange(request)
    raise_for_refusal(answer)
    return answer


def _days(time: datetime) -> int:
    return micros(time) // 86_400_000_000
