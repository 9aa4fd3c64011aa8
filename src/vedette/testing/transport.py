"""A transport without a network: each connection ends at a function.

``tests/unit/wire`` holds it to what the real one does.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import h11

from vedette.errors import TimedOut, Unreachable
from vedette.wire.transport import Origin


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived; ``raw`` are its very bytes."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to be put into HTTP; the connection stays open after it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Answering = Callable[[Received], Reply | Iterable[bytes]]
"""Answers a request: with a ``Reply``, or with the pieces of what is sent as it stands, whether HTTP or not, after
which the server hangs up. ``SILENCE`` as a piece stands for a time-out. May raise ``WireError``.
"""

SILENCE = b"\0silence\0"


class Listener:
    """The server's side of one connection: bytes of requests in, requests and bytes of answers out."""

    def __init__(self) -> None:
        self._state = h11.Connection(h11.SERVER)
        self._raw = bytearray()

    def receive(self, data: bytes) -> Received | None:
        """Takes in ``data``; the request that is whole by now, if one is."""
        self._raw += data
        self._state.receive_data(data)
        while (event := self._state.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Request():
                    self._head, self._body = event, bytearray()
                case h11.Data():
                    self._body += event.data
                case h11.EndOfMessage():
                    raw = bytes(self._raw)
                    self._raw.clear()
                    return Received(
                        self._head.method.decode(),
                        self._head.target.decode(),
                        {name.decode(): value.decode() for name, value in self._head.headers},
                        bytes(self._body),
                        raw,
                    )
        return None

    def answer(self, reply: Reply) -> bytes:
        """The bytes of ``reply``; ready for the next request then."""
        headers = [*reply.headers.items(), ("content-length", str(len(reply.body)))]
        data = b"".join(
            self._state.send(event) or b""
            for event in (
                h11.Response(status_code=reply.status, headers=headers),
                h11.Data(data=reply.body),
                h11.EndOfMessage(),
            )
        )
        self._state.start_next_cycle()
        return data


class MemoryTransport:
    """Connects to ``answering``. ``received`` and ``connections`` say what has happened so far."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.received: list[Received] = []
        self.connections: list[MemoryStream] = []

    def connect(self, origin: Origin) -> MemoryStream:
        stream = MemoryStream(origin, self._answer)
        self.connections.append(stream)
        return stream

    def _answer(self, received: Received) -> Reply | Iterable[bytes]:
        self.received.append(received)
        return self._answering(received)


class MemoryStream:
    """One connection to ``origin``. ``hang_up`` is the server's end of it."""

    def __init__(self, origin: Origin, answering: Answering) -> None:
        self.origin = origin
        self._answering = answering
        self._listener = Listener()
        self._waiting: deque[bytes] = deque()
        self._pieces: Iterator[bytes] = iter(())
        self._changed = threading.Condition()
        self._ended = False
        self.closed = False

    def send(self, data: bytes) -> None:
        if self.closed or self._ended:
            raise _hung_up()
        received = self._listener.receive(data)
        if received is None:
            return
        answer = self._answering(received)
        with self._changed:
            if isinstance(answer, Reply):
                self._waiting.append(self._listener.answer(answer))
            else:
                self._pieces = iter(answer)
                self._ended = True
            self._changed.notify_all()

    def receive(self, most: int) -> bytes:
        with self._changed:
            while not self._waiting and not self._ended and not self.closed:
                self._changed.wait()
            if self.closed:
                raise _hung_up()
        piece = self._waiting.popleft() if self._waiting else next(filter(None, self._pieces), b"")
        if piece == SILENCE:
            raise TimedOut("the network says nothing", "it is tried again by itself")
        if self.closed:
            raise _hung_up()
        if piece[most:]:
            self._waiting.appendleft(piece[most:])
        return piece[:most]

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def hang_up(self) -> None:
        """What was answered can still be read; then comes the end."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _hung_up() -> Unreachable:
    return Unreachable("the connection is closed", "it is tried again by itself")
