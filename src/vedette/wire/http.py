"""The HTTP/1.1 client (RFC 9112): the exact bytes of a request are known, and in the ledger, before one of them
leaves.

``h11`` turns requests into bytes and bytes into answers; this module moves the bytes and sets the bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

import h11
import msgspec

from vedette.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    NetworkRefused,
    TimedOut,
    Unreachable,
    WireError,
)
from vedette.wire.refusals import Problem, Refusal
from vedette.wire.transport import Origin, Stream, Transport

MAX_ANSWER: Final = 4 << 20
_MAX_HEAD: Final = 64 << 10
_CHUNK: Final = 64 << 10
_MAX_INFORMATIONAL: Final = 16  # answers such as 100 before the one that counts
_MAX_RETRY_AFTER: Final = 7 * 86_400.0  # seconds; what is longer was not meant
_YEARS: Final = range(2020, 2200)  # of a network's clock
_REFUSALS: Final = {str(refusal): refusal for refusal in Refusal}


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``target`` is path and query; ``headers`` those besides Host and Content-Length, in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Names in ``headers`` are in lower case; of a repeated field the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RequestRecord(Protocol):
    """What the ledger hears of a request that it has written down."""

    def answered(self, status: int) -> None: ...

    def failed(self, reason: str) -> None:
        """``reason`` is the code of an error."""
        ...


Ledger = Callable[[Request, bytes], RequestRecord]
"""Writes a request down, with its exact bytes, before it is sent."""


def serialise(request: Request, origin: Origin) -> bytes:
    """The bytes of ``request`` on the wire."""
    return _start(h11.Connection(h11.CLIENT), request, origin)


class Client:
    """Talks to one ``origin`` and keeps one connection to it between exchanges. Used by one thread at a time."""

    def __init__(self, origin: Origin, transport: Transport, ledger: Ledger) -> None:
        self.origin = origin
        self._transport = transport
        self._ledger = ledger
        self._kept: _Connection | None = None

    def exchange(self, request: Request, *, limit: int = MAX_ANSWER) -> Answer:
        """The answer to ``request``, whatever its status, with a body of at most ``limit`` bytes. Raises
        ``WireError``.

        Where the network closed a kept connection before it answered anything, the request is sent once more on a new
        one (RFC 9112, section 9.3.1): all requests of Vedette may be repeated.
        """
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                return self._exchange(kept, request, limit)
            except _ClosedWhileKept:
                pass
        return self._exchange(None, request, limit)

    def stream(self, request: Request, opened: Callable[[Stream], None]) -> Iterator[bytes]:
        """The body of the answer to ``request`` as it arrives, on a connection of its own, without a bound.

        ``opened`` gets the connection, so that another thread can close it. Raises ``WireError``; ``NetworkRefused``
        where the answer is an error.
        """
        record = self._ledger(request, serialise(request, self.origin))
        connection = None
        try:
            connection = _Connection(self._transport.connect(self.origin))
            opened(connection.stream)
            connection.send(request, self.origin)
            head = connection.head()
            record.answered(head.status_code)
            if head.status_code >= 400:
                raise_for_refusal(_answer(head, connection.body(_MAX_HEAD)))
            yield from connection.pieces()
        except WireError as error:
            if not isinstance(error, NetworkRefused):
                record.failed(error.code)
            raise
        finally:
            if connection is not None:
                connection.stream.close()

    def close(self) -> None:
        """Lets go of the kept connection."""
        if self._kept is not None:
            self._kept.stream.close()
            self._kept = None

    def _exchange(self, kept: _Connection | None, request: Request, limit: int) -> Answer:
        connection = kept
        try:
            record = self._ledger(request, serialise(request, self.origin))
            try:
                connection = kept or _Connection(self._transport.connect(self.origin))
                connection.send(request, self.origin)
                head = connection.head()
                answer = _answer(head, connection.body(limit))
            except WireError as error:
                record.failed(error.code)
                if kept is not None and kept.silent and _hung_up(error):
                    raise _ClosedWhileKept from error
                raise
            if connection.reusable():
                self._kept = connection
            record.answered(answer.status)
            return answer
        finally:
            if connection is not None and connection is not self._kept:
                connection.stream.close()


class _ClosedWhileKept(Exception):
    """A kept connection had been closed by the other side."""


class _Connection:
    """One stream and the state of HTTP on it."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.silent = True
        """Nothing has been received since the last request."""
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD)
        self._unsent: Unreachable | None = None

    def send(self, request: Request, origin: Origin) -> None:
        """Sends ``request``. Who refuses it before having heard it all may hang up at once; the refusal can be read
        all the same (RFC 9112, section 9.5), so ``head`` is the one to raise what went wrong here.
        """
        self.silent = True
        try:
            self.stream.send(_start(self._state, request, origin))
        except TimedOut:
            raise
        except Unreachable as error:
            self._unsent = error

    def head(self) -> h11.Response:
        for _ in range(_MAX_INFORMATIONAL):
            try:
                event = self._next()
            except WireError as error:
                raise self._unsent or error from error.__cause__
            if isinstance(event, h11.Response):
                return event
        raise AnswerMalformed("the network does not come to an answer", "check its address")

    def body(self, limit: int) -> bytes:
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > limit:
                raise AnswerTooLarge(
                    "the network's answer is too large", "ask the network's operator"
                )
        return bytes(body)

    def pieces(self) -> Iterator[bytes]:
        while not isinstance(event := self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def reusable(self) -> bool:
        """Whether another request may follow; makes ready for it."""
        states = {self._state.our_state, self._state.their_state}
        if self._unsent is not None or states != {h11.DONE}:
            return False
        if self._state.trailing_data[0]:
            return False  # What nobody asked for would be taken for the next answer.
        self._state.start_next_cycle()
        return True

    def _next(self) -> h11.Event:
        try:
            while (event := self._state.next_event()) is h11.NEED_DATA:
                data = self.stream.receive(_CHUNK)
                if not data and self.silent:
                    raise Unreachable("the network hung up", "it is tried again by itself")
                self.silent = False
                self._state.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise AnswerMalformed(
                "the network's answer is not HTTP", "check the network's address"
            ) from error
        if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
            raise AnswerMalformed(
                "the network's answer ends too early", "it is tried again by itself"
            )
        return event


def _hung_up(error: WireError) -> bool:
    return isinstance(error, Unreachable) and not isinstance(error, TimedOut)


def _start(state: h11.Connection, request: Request, origin: Origin) -> bytes:
    """Puts ``request`` on ``state`` and gives its bytes."""
    headers = [("host", origin.authority), *request.headers.items()]
    if request.body or request.method in {"POST", "PUT"}:
        headers.append(("content-length", str(len(request.body))))
    head = h11.Request(method=request.method, target=request.target, headers=headers)
    return b"".join(
        state.send(event) or b""
        for event in (head, h11.Data(data=request.body), h11.EndOfMessage())
    )


def _answer(head: h11.Response, body: bytes) -> Answer:
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers
    }
    return Answer(head.status_code, headers, body)


def raise_for_refusal(answer: Answer) -> None:
    """Raises ``NetworkRefused`` where ``answer`` is an error, with what its problem details and Retry-After say."""
    if answer.status < 400:
        return
    try:
        problem = msgspec.json.decode(answer.body, type=Problem)
        refusal = _REFUSALS[problem.reason]
        reason, advice = str(refusal), refusal.advice
        server_time = datetime.fromisoformat(problem.server_time) if problem.server_time else None
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError):
        # A proxy's own page, or a newer network's word.
        reason, advice, server_time = f"http_{answer.status}", "it is tried again by itself", None
    raise NetworkRefused(
        f"the network refused the request ({reason})",
        advice,
        status=answer.status,
        reason=reason,
        retry_after=_retry_after(answer.headers.get("retry-after"), answer.headers.get("date")),
        server_time=server_time if server_time and _believable(server_time) else None,
    )


def _believable(time: datetime) -> bool:
    """Whether a clock may be set by ``time``: further out, reckoning with it leaves the calendar sooner or later."""
    return time.tzinfo is not None and time.year in _YEARS


def _retry_after(value: str | None, date: str | None) -> float | None:
    """Seconds (RFC 9110, section 10.2.3), at most a week; a date counts from the answer's own Date, not from a clock
    that may be wrong.
    """
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value), _MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(date) if date else None
    except (ValueError, OverflowError):  # no date, or one outside the calendar
        return None
    if sent is None or sent.tzinfo is None or until.tzinfo is None:
        return None
    return min(max(0.0, (until - sent).total_seconds()), _MAX_RETRY_AFTER)
