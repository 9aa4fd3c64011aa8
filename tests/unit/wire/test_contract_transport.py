"""What every transport does: over TLS, in clear, and the one in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.unit.wire.server import AUTHORITY, context_for, serving, until, waited
from vedette.errors import TimedOut, Unreachable
from vedette.testing.transport import SILENCE, Answering, MemoryTransport, Received, Reply
from vedette.wire.transport import Origin, SocketTransport, Stream, Transport

REQUEST = b"GET /here HTTP/1.1\r\nhost: localhost\r\n\r\n"


@dataclass
class Line:
    """A transport, where it leads, and what arrived there."""

    transport: Transport
    origin: Origin
    received: list[Received]
    hang_up: Callable[[], None]
    opened: list[Stream] = field(default_factory=list)

    def connect(self) -> Stream:
        self.opened.append(self.transport.connect(self.origin))
        return self.opened[-1]


Made = Callable[[Answering], Line]


@pytest.fixture(params=["memory", "clear", "tls"])
def line(request: pytest.FixtureRequest) -> Iterator[Made]:
    lines: list[Line] = []
    with ExitStack() as undone:

        def made(answering: Answering) -> Line:
            if request.param == "memory":
                memory = MemoryTransport(answering)
                lines.append(
                    Line(
                        memory,
                        Origin("https", "localhost", 443),
                        memory.received,
                        partial(_hang_up, memory),
                    )
                )
            else:
                context = context_for(AUTHORITY, "localhost") if request.param == "tls" else None
                server = undone.enter_context(serving(answering, context))
                transport = SocketTransport(AUTHORITY.pem, timeout=0.5)
                lines.append(Line(transport, server.origin, server.received, server.hang_up))
            return lines[-1]

        yield made
        for each in lines:
            for stream in each.opened:
                stream.close()


def _hang_up(memory: MemoryTransport) -> None:
    for stream in memory.connections:
        stream.hang_up()


def _all(stream: Stream, most: int = 7) -> bytes:
    content = b""
    while part := stream.receive(most):
        assert len(part) <= most
        content += part
    return content


def test_bytes_go_there_and_come_back(line: Made) -> None:
    there = line(lambda _: [b"as ", b"it stands"])
    stream = there.connect()
    stream.send(REQUEST)
    assert _all(stream) == b"as it stands"
    assert [received.raw for received in there.received] == [REQUEST]


def test_a_request_may_arrive_in_pieces(line: Made) -> None:
    there = line(lambda received: [received.body])
    stream = there.connect()
    for piece in (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-", b"length: 3\r\n\r\na", b"bc"):
        stream.send(piece)
    assert _all(stream) == b"abc"


def test_one_connection_carries_several_requests(line: Made) -> None:
    there = line(lambda received: Reply(body=received.target.encode()))
    stream = there.connect()
    for _ in range(3):
        stream.send(REQUEST)
        content = b""
        while not content.endswith(b"/here"):
            content += stream.receive(1000)
    assert len(there.received) == 3


def test_after_the_end_there_is_nothing(line: Made) -> None:
    stream = line(lambda _: [b"end"]).connect()
    stream.send(REQUEST)
    assert _all(stream) == b"end"
    assert stream.receive(10) == b""


def test_silence_runs_out(line: Made) -> None:
    stream = line(lambda _: [b"first", SILENCE]).connect()
    stream.send(REQUEST)
    assert stream.receive(100) == b"first"
    with pytest.raises(TimedOut):
        stream.receive(100)


def test_a_closed_stream_neither_sends_nor_receives(line: Made) -> None:
    stream = line(lambda _: Reply()).connect()
    stream.close()
    stream.close()
    with pytest.raises(Unreachable):
        stream.send(REQUEST)
    with pytest.raises(Unreachable):
        stream.receive(1)


def test_closing_wakes_who_waits(line: Made) -> None:
    stream = line(lambda _: Reply()).connect()
    waiting, ended = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with pytest.raises(Unreachable):
            stream.receive(1)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    until(waiting)
    waited(0.05)
    stream.close()
    until(ended)
    thread.join()


def test_hanging_up_is_the_end(line: Made) -> None:
    there = line(lambda _: Reply(body=b"x"))
    stream = there.connect()
    stream.send(REQUEST)
    content = b""
    while not content.endswith(b"x"):
        content += stream.receive(100)
    there.hang_up()
    assert stream.receive(100) == b""
