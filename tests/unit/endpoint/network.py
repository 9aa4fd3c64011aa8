"""A network behind the transport seam: it takes requests as bytes, checks their signatures and answers as it
is told to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import h11
import msgspec

from vedette.clock import Clock, micros
from vedette.crypto.authority import Authority, AuthorityDocument
from vedette.crypto.keys import PublicKey, SigningKey
from vedette.crypto.signatures import read_signature, verify_request
from vedette.errors import Unreachable
from vedette.facts.codec import decode
from vedette.facts.envelope import Envelope
from vedette.verdicts.verdict import Heartbeat, Verdict
from vedette.wire import protocol
from vedette.wire.events import Event, render
from vedette.wire.join import JoinString
from vedette.wire.protocol import EnvelopeAnswer, JoinAnswer, JoinRequest, RefusedItem
from vedette.wire.refusals import Problem, Refusal
from vedette.wire.transport import Origin

INSTALL = "0123456789abcdef" * 2
ADDRESS = "http://network.test"


@dataclass
class Got:
    """One request that came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class FakeNetwork:
    """Answers in memory. ``script``: replies given, in order, instead of the usual ones to envelopes; an
    exception is raised.
    """

    clock: Clock
    got: list[Got] = field(default_factory=list)
    script: list[Reply | Exception | Callable[[Got], Reply]] = field(default_factory=list)
    reachable: bool = True
    refused: list[RefusedItem] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    urgent: Reply | None = None

    def __post_init__(self) -> None:
        self.authority = Authority.create("test", self.clock.now())
        self.signer = SigningKey.generate()
        self.keys: dict[str, PublicKey] = {}
        self.connections = 0
        self.serial = 0
        self.trusted: list[str | None] = []

    def join_string(self, token: str = "token") -> JoinString:
        return JoinString(
            ADDRESS, token, self.authority.fingerprint, "Example", "mail@example.test"
        )

    def transport(self, ca: str | None) -> FakeTransport:
        """Stands in for ``SocketTransport``."""
        self.trusted.append(ca)
        return FakeTransport(self)

    def verdict(self, content: bytes, **changes: Any) -> Verdict:
        """A block of the file with this content, for a day; ``changes`` as fields. Numbered on from the last."""
        self.serial = changes.pop("serial", self.serial + 1)
        now = micros(self.clock.now())
        values: dict[str, Any] = {
            "subject_kind": "file",
            "subject": hashlib.sha256(content).hexdigest(),
            "verdict": "block",
            "score": 1.0,
            "evidence": (),
            "stage": "all",
            "issued": now,
            "expires": now + 86_400_000_000,
            "serial": self.serial,
        }
        return Verdict(**{**values, **changes})

    def publish(self, *published: Verdict | Heartbeat) -> None:
        """Puts what is ``published``, signed, on the urgent channel."""
        for each in published:
            document = each.sign(self.signer).decode()
            event = (
                Event(document, "verdict", str(each.serial))
                if isinstance(each, Verdict)
                else Event(document, "heartbeat")
            )
            self.events.append(render(event))

    def beat(self, serial: int | None = None, seconds: float = 0) -> Heartbeat:
        """A heartbeat of now and ``seconds`` more, with the newest serial."""
        time = micros(self.clock.now()) + int(seconds * 1_000_000)
        return Heartbeat(self.serial if serial is None else serial, time)

    def paths(self) -> list[str]:
        return [got.target for got in self.got]

    def envelopes(self) -> list[Envelope]:
        return [decode(got.body) for got in self.got if got.target == protocol.ENVELOPES]

    def answer(self, got: Got) -> Reply:
        self.got.append(got)
        match got.target:
            case protocol.AUTHORITY:
                signer = self.authority.issue_signer(self.signer.public, self.clock.now())
                return _json(AuthorityDocument(self.authority.pem, [signer]))
            case protocol.URGENT:
                events = {"content-type": protocol.EVENTS}
                return self.urgent or (200, events, b"".join(self.events))
        if self.script:
            reply = self.script.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply(got) if callable(reply) else reply
        keyid = read_signature(got.headers).keyid
        if got.target == protocol.INSTALLS:
            asked = msgspec.json.decode(got.body, type=JoinRequest)
            key = PublicKey.from_bytes(asked.public_key)
            assert keyid == key.thumbprint
            self.keys[INSTALL] = key
            reply = _json(JoinAnswer(INSTALL), 201)
        elif keyid not in self.keys:
            return problem(Refusal.UNKNOWN_INSTALL)
        elif got.target == protocol.ENVELOPES:
            sequence = decode(got.body).sequence
            reply = _json(EnvelopeAnswer(sequence, {}, self.refused), 202)
        else:
            reply = _json({}, 200)
        verify_request(got.method, ADDRESS + got.target, got.headers, got.body, self.keys[INSTALL])
        return reply


class FakeTransport:
    def __init__(self, network: FakeNetwork) -> None:
        self._network = network

    def connect(self, origin: Origin) -> FakeStream:
        if not self._network.reachable:
            raise Unreachable("the network cannot be reached", "try again")
        self._network.connections += 1
        return FakeStream(self._network)


class FakeStream:
    def __init__(self, network: FakeNetwork) -> None:
        self._network = network
        self._state = h11.Connection(h11.SERVER)
        self._answers = bytearray()
        self._raw = bytearray()
        self.closed = False

    def send(self, data: bytes) -> None:
        assert not self.closed
        self._raw += data
        self._state.receive_data(data)
        request, body = None, bytearray()
        for event in self._events():
            if isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert request is not None
                headers = {name.decode(): value.decode() for name, value in request.headers}
                got = Got(
                    request.method.decode(),
                    request.target.decode(),
                    headers,
                    bytes(body),
                    bytes(self._raw),
                )
                self._raw.clear()
                self._reply(*self._network.answer(got))
                return

    def receive(self, most: int) -> bytes:
        if self.closed:
            raise Unreachable("closed", "try again")
        data = bytes(self._answers[:most])
        del self._answers[:most]
        return data

    def close(self) -> None:
        self.closed = True

    def _events(self) -> Iterator[Any]:
        while (event := self._state.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            yield event

    def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        fields = [*headers.items(), ("content-length", str(len(body)))]
        for event in (
            h11.Response(status_code=status, headers=fields),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self._answers += self._state.send(event) or b""
        self._state.start_next_cycle()


def problem(reason: Refusal, server_time: str | None = None, **headers: str) -> Reply:
    """The reply that refuses for ``reason``."""
    said = Problem("about:blank", "refused", reason.status, reason.advice, str(reason), server_time)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return (
        reason.status,
        {"content-type": "application/problem+json", **fields},
        msgspec.json.encode(said),
    )


def _json(content: object, status: int = 200) -> Reply:
    return status, {"content-type": "application/json"}, msgspec.json.encode(content)
