"""A front door with a registry and a log behind it, and computers that knock."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from httpx import Response
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.testing import TestClient

from vedette.catalogue import discover
from vedette.crypto.authority import AuthorityDocument
from vedette.crypto.keys import SigningKey
from vedette.crypto.signatures import sign_request
from vedette.facts import codec
from vedette.facts.envelope import Batch, Envelope
from vedette.ingest.acceptance import ConsentFilter
from vedette.ingest.admission import Admission, Freshness
from vedette.ingest.appender import Appender
from vedette.ingest.joining import Joining
from vedette.ingest.metrics import IngestMetrics
from vedette.ingest.settings import IngestSettings
from vedette.ingest.web import FrontDoor, problems, routes
from vedette.statement.clauses import Purpose, Tier
from vedette.statement.consent import Action, GrantedBy, Receipt
from vedette.statement.terms import Terms, current
from vedette.store.log import Log
from vedette.store.registry import Registry
from vedette.testing.clock import ManualClock
from vedette.testing.log import MemoryLog
from vedette.wire import protocol
from vedette.wire.protocol import JoinRequest

ORIGIN = "http://testserver.local"
SCHEMAS = discover().schemas
TERMS = current()
PRODUCT = "vedette/test"
Rows = Sequence[Mapping[str, Any]]


@dataclass
class Computer:
    """A key, and what the network knows of it; signs and sends."""

    door: Door
    key: SigningKey = field(default_factory=SigningKey.generate)
    install: str = ""
    receipt: str = ""
    terms: str = TERMS.digest
    sequence: int = 0
    last_receipt: datetime | None = None

    def headers(
        self,
        method: str,
        path: str,
        content_type: str,
        body: bytes,
        *,
        key: SigningKey | None = None,
        keyid: str | None = None,
        created: datetime | None = None,
        nonce: str | None = None,
    ) -> dict[str, str]:
        """The header fields of a signed request."""
        signature = sign_request(
            method,
            ORIGIN + path,
            content_type,
            body,
            key=key or self.key,
            keyid=self.install if keyid is None else keyid,
            created=created or self.door.clock.now(),
            nonce=nonce or secrets.token_urlsafe(16),
        )
        return {"content-type": content_type, **signature}

    def join(self, token: str, **signing: Any) -> Response:
        body = msgspec.json.encode(JoinRequest(token, self.key.public.raw, PRODUCT))
        signing = {"keyid": self.key.public.thumbprint, **signing}
        headers = self.headers("POST", protocol.INSTALLS, protocol.JSON, body, **signing)
        answer = self.door.client.post(protocol.INSTALLS, content=body, headers=headers)
        if answer.status_code == 201:
            self.install = answer.json()["install"]
        return answer

    def receipt_for(self, *tiers: Tier, **changes: Any) -> Receipt:
        values: dict[str, Any] = {
            "id": secrets.token_hex(16),
            "install": self.install,
            "controller": "Example",
            "contact": "mail@example.test",
            "products": (PRODUCT,),
            "purposes": (Purpose.DETECT,),
            "terms": self.terms,
            "wording": "0" * 64,
            "tiers": tiers,
            "granted_by": GrantedBy.PERSON,
            "action": Action.GRANT if tiers else Action.WITHDRAW,
            "time": self.door.clock.now(),
            "previous": "",
        }
        return Receipt(**(values | changes))

    def put(self, document: bytes, **signing: Any) -> Response:
        headers = self.headers("PUT", protocol.CONSENT, protocol.RECEIPT, document, **signing)
        return self.door.client.put(protocol.CONSENT, content=document, headers=headers)

    def consent(self, *tiers: Tier, **changes: Any) -> Response:
        """Sends a receipt, and goes by it where the network takes it."""
        self.door.clock.advance(1)
        receipt = self.receipt_for(*tiers, **changes)
        answer = self.put(receipt.sign(self.key))
        if answer.status_code == 200:
            self.receipt = receipt.id
        return answer

    def body(self, *batches: Batch, **changes: Any) -> bytes:
        """The next envelope."""
        self.sequence += 1
        envelope = Envelope(
            self.install, PRODUCT, self.receipt, self.terms, self.sequence, list(batches)
        )
        return codec.encode(msgspec.structs.replace(envelope, **changes))

    def send(self, body: bytes, **signing: Any) -> Response:
        headers = self.headers("POST", protocol.ENVELOPES, protocol.ENVELOPE, body, **signing)
        return self.post(body, headers)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Response:
        return self.door.client.post(protocol.ENVELOPES, content=body, headers=dict(headers))


@dataclass
class Door:
    """All that stands behind the routes."""

    client: TestClient[Litestar]
    clock: ManualClock
    registry: Registry
    log: Log
    metrics: IngestMetrics
    freshness: Freshness
    front: FrontDoor

    def token(self, days: float = 7, organisation: str | None = None) -> str:
        return self.registry.mint_token(
            organisation, False, self.clock.now() + timedelta(days=days)
        )

    def computer(self, *tiers: Tier) -> Computer:
        """One that has joined and agreed to ``tiers``, the basic one if not said."""
        computer = Computer(self)
        assert computer.join(self.token()).status_code == 201
        assert computer.consent(*(tiers or (Tier.BASIC,))).status_code == 200
        return computer

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        document: dict[str, Any] = self.client.app.openapi_schema.to_schema()
        return document

    def counted(self, name: str, **labels: str) -> float:
        """A figure as Prometheus reads it."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@contextmanager
def opened(
    folder: Path,
    *,
    log: Log | None = None,
    settings: IngestSettings | None = None,
    terms: Mapping[str, Terms] | None = None,
    clock: ManualClock | None = None,
    peer: tuple[str, int] = ("198.51.100.7", 50_000),
) -> Iterator[Door]:
    """A front door for as long as the block runs."""
    clock, settings, log = clock or ManualClock(), settings or IngestSettings(), log or MemoryLog()
    known = {TERMS.digest: TERMS} if terms is None else terms
    registry = Registry.open(folder / "registry.db")
    changes = registry.changes()
    freshness = Freshness(clock, settings.window)
    admission = Admission(registry.install_snapshot, changes, freshness)
    metrics = IngestMetrics(SCHEMAS)
    appender = Appender(log, waiting=settings.waiting, retry_after=settings.retry_after)
    front = FrontDoor(
        admission=admission,
        joining=Joining(registry, admission, b"k" * 32, known),
        consent=ConsentFilter(SCHEMAS, known, settings),
        appender=appender,
        metrics=metrics,
        authority=AuthorityDocument("ca", ["signer"]),
        settings=settings,
        clock=clock,
    )
    app = Litestar(
        routes(front),
        exception_handlers={**problems(metrics, clock)},
        openapi_config=OpenAPIConfig(title="test", version="0"),
        logging_config=None,
    )
    try:
        with TestClient(app, base_url=ORIGIN) as client:
            yield Door(client, clock, registry, log, metrics, freshness, front)
    finally:
        appender.close()
        changes.close()
        registry.close()


def seconds(clock: ManualClock) -> int:
    return int(clock.now().timestamp())


def services(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "start": "auto", "account_kind": "system"} for name in names]


def batch(item: str, rows: Rows, fields: Sequence[str] | None = None) -> Batch:
    return SCHEMAS[item].batch(rows, TERMS.fields(item) if fields is None else fields)


def detection(clock: ManualClock, **changes: Any) -> dict[str, Any]:
    return {"threat": "Test.Threat", "time": seconds(clock), "files": []} | changes


def reason(answer: Response) -> str:
    """The word of a refusal, after a look at the form of its problem details."""
    problem = json.loads(answer.content)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:vedette:refusal:{problem['reason']}"
    assert problem["title"]
    assert problem["detail"]
    return str(problem["reason"])
