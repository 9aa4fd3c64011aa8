"""The routes of the front door: thin, each decides nothing by itself.

A refusal is answered as RFC 9457 problem details with the network's time, so that a computer with a wrong clock
can correct itself.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, get, post, put
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from vedette.clock import Clock
from vedette.crypto.authority import AuthorityDocument
from vedette.crypto.signatures import stated_digest
from vedette.errors import AdmissionError, StoreError
from vedette.ingest.acceptance import ConsentFilter
from vedette.ingest.admission import Admission, SignedRequest, refused
from vedette.ingest.appender import Appender
from vedette.ingest.documented import (
    CONSENT_REFUSALS,
    ENVELOPE_REFUSALS,
    JOIN_REFUSALS,
    ConsentOperation,
    EnvelopeOperation,
    JoinOperation,
    answers,
)
from vedette.ingest.joining import Joining
from vedette.ingest.metrics import CONTENT_TYPE, IngestMetrics
from vedette.ingest.settings import IngestSettings
from vedette.store.log import Arrival, SequenceReused
from vedette.wire.protocol import (
    AUTHORITY,
    CONSENT,
    ENVELOPES,
    INSTALLS,
    ConsentAnswer,
    EnvelopeAnswer,
    JoinAnswer,
)
from vedette.wire.refusals import PROBLEM_TYPE, Problem, Refusal

AnyRequest = Request[Any, Any, Any]
_SMALL: Final = 64 << 10  # bytes of a request that is no envelope
_NOWHERE: Final = "0.0.0.0"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """All that the routes call upon."""

    admission: Admission
    joining: Joining
    consent: ConsentFilter
    appender: Appender
    metrics: IngestMetrics
    authority: AuthorityDocument
    settings: IngestSettings
    clock: Clock


def routes(door: FrontDoor) -> list[HTTPRouteHandler]:
    """The handlers for Litestar."""

    @get(
        AUTHORITY,
        media_type=MediaType.JSON,
        summary="Who this network is: its authority and signing keys",
    )
    async def authority() -> AuthorityDocument:
        return door.authority

    @post(
        INSTALLS,
        status_code=201,
        request_max_body_size=_SMALL,
        summary="Spend a join token for the key that signs this request",
        operation_class=JoinOperation,
        responses=answers(
            201, JoinAnswer, "The id that the network gives the install", JOIN_REFUSALS
        ),
    )
    async def join(request: AnyRequest) -> Response[bytes]:
        body = await request.body()
        address = client_address(request, trust_forwarded=door.settings.trust_forwarded)
        # In a thread: a write to the registry may have to wait for another one, and nobody else must.
        answer = await asyncio.to_thread(
            door.joining.join, signed(request, body), address, door.clock.now()
        )
        return _json(answer, 201)

    @put(
        CONSENT,
        request_max_body_size=_SMALL,
        summary="Make a signed receipt the current one of the install that signs this request",
        operation_class=ConsentOperation,
        responses=answers(
            200, ConsentAnswer, "The receipt that the network holds now", CONSENT_REFUSALS
        ),
    )
    async def consent(request: AnyRequest) -> Response[bytes]:
        body = await request.body()
        answer = await asyncio.to_thread(
            door.joining.consent, signed(request, body), door.clock.now()
        )
        return _json(answer, 200)

    @post(
        ENVELOPES,
        status_code=202,
        request_max_body_size=door.settings.max_body,
        summary="Report: an envelope of items, acknowledged once it is durable",
        operation_class=EnvelopeOperation,
        responses=answers(
            202,
            EnvelopeAnswer,
            "Durable: rows accepted by item, and what was refused of the envelope and why",
            ENVELOPE_REFUSALS,
        ),
    )
    async def envelopes(request: AnyRequest) -> Response[bytes]:
        body = await request.body()
        asked = signed(request, body)
        sender = door.admission.identify(asked).snapshot
        now = door.clock.now()
        acceptance = door.consent.accept(body, sender, now)
        outcome = await door.appender.append(
            Arrival(
                number=sender.number,
                install=sender.install,
                sequence=acceptance.sequence,
                received=now,
                digest=stated_digest(asked.headers),  # verified with the signature
                payload=acceptance.payload,
                answer=msgspec.json.encode(acceptance.answer),
            )
        )
        if isinstance(outcome, SequenceReused):
            raise refused(Refusal.SEQUENCE_REUSED, "the sequence number was used for other content")
        door.metrics.acknowledged(acceptance.answer, duplicate=outcome.duplicate)
        # The first of a duplicate may have been trimmed together with its answer.
        return Response(
            outcome.answer or msgspec.json.encode(EnvelopeAnswer(acceptance.sequence, {}, [])),
            status_code=202,
            media_type=MediaType.JSON,
        )

    @get("/metrics", summary="Figures for Prometheus", include_in_schema=False, sync_to_thread=True)
    def metrics() -> Response[bytes]:
        return Response(door.metrics.render(), media_type=CONTENT_TYPE)

    return [authority, join, consent, envelopes, metrics]


def problems(
    metrics: IngestMetrics, clock: Clock
) -> dict[Any, Callable[[AnyRequest, Any], Response[bytes]]]:
    """How errors are answered: the exception handlers for Litestar."""

    def admission(_: AnyRequest, error: AdmissionError) -> Response[bytes]:
        metrics.refused(error.reason)
        return _problem(error, clock.now())

    def store(_: AnyRequest, error: StoreError) -> Response[bytes]:
        _log.error("a request could not be stored", extra={"code": error.code}, exc_info=error)
        metrics.refused(Refusal.UNAVAILABLE)
        return _problem(
            refused(Refusal.UNAVAILABLE, "the network cannot write now", retry_after=30),
            clock.now(),
        )

    def http(_: AnyRequest, error: HTTPException) -> Response[bytes]:
        if error.status_code == Refusal.TOO_LARGE.status:
            return admission(_, refused(Refusal.TOO_LARGE, "the request is too large"))
        problem = Problem(
            "about:blank",
            error.detail,
            error.status_code,
            error.detail,
            f"http_{error.status_code}",
        )
        return Response(
            msgspec.json.encode(problem), status_code=error.status_code, media_type=PROBLEM_TYPE
        )

    return {AdmissionError: admission, StoreError: store, HTTPException: http}


def signed(request: AnyRequest, body: bytes) -> SignedRequest:
    """What came, as the signature sees it."""
    scope = request.scope
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    url = f"{scope['scheme']}://{headers.get('host', '')}{target.partition('?')[0]}" + (
        f"?{query}" if query else ""
    )
    return SignedRequest(request.method, url, headers, body)


def client_address(request: AnyRequest, *, trust_forwarded: bool) -> str:
    """Where the request comes from; only hashed, and only at joining. What is no address counts as none."""
    said = request.headers.getall("x-forwarded-for", []) if trust_forwarded else []
    peer = request.client.host if request.client else ""
    for text in (",".join(said).rpartition(",")[2].strip(), peer):
        # As proxies write it: also in brackets, also with a port.
        host = text[1:].partition("]")[0] if text.startswith("[") else text
        host = host.partition(":")[0] if host.count(":") == 1 else host
        try:
            return str(ip_address(host))
        except ValueError:
            continue
    return _NOWHERE


def _json(answer: msgspec.Struct, status: int) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=status, media_type=MediaType.JSON)


def _problem(error: AdmissionError, now: datetime) -> Response[bytes]:
    problem = Problem(
        type=f"urn:vedette:refusal:{error.reason}",
        title=error.message,
        status=error.status,
        detail=error.advice,
        reason=error.reason,
        server_time=now.isoformat(timespec="seconds"),
    )
    headers = (
        {} if error.retry_after is None else {"retry-after": str(math.ceil(error.retry_after))}
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=error.status,
        media_type=PROBLEM_TYPE,
        headers=headers,
    )
