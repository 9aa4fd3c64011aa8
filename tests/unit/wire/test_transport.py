"""Real connections: what is believed, and what an origin is."""

from __future__ import annotations

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.server import AUTHORITY, OTHER, context_for, serving, until
from vedette.errors import AuthorityMismatch, ConfigurationError, Unreachable
from vedette.testing.transport import Reply
from vedette.wire.http import Request, serialise
from vedette.wire.transport import Origin, SocketTransport, Stream

REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"


def test_only_the_network_s_own_authority_is_believed() -> None:
    with serving(lambda _: Reply(), context_for(OTHER, "localhost")) as server:
        with pytest.raises(AuthorityMismatch):
            SocketTransport(AUTHORITY.pem, timeout=5).connect(server.origin)
        SocketTransport(OTHER.pem, timeout=5).connect(server.origin).close()
    assert not server.captured


def test_a_certificate_for_another_host_is_not_believed() -> None:
    with (
        serving(lambda _: Reply(), context_for(AUTHORITY, "elsewhere.test")) as server,
        pytest.raises(AuthorityMismatch),
    ):
        SocketTransport(AUTHORITY.pem, timeout=5).connect(server.origin)


def test_an_address_is_known_by_its_certificate_as_well() -> None:
    origin_host = "127.0.0.1"
    with serving(lambda _: [b"x"], context_for(AUTHORITY, origin_host)) as server:
        stream = SocketTransport(AUTHORITY.pem).connect(Origin("https", origin_host, server.port))
        stream.close()
        with pytest.raises(AuthorityMismatch):
            SocketTransport(AUTHORITY.pem).connect(server.origin)


def test_without_an_authority_whoever_answers_is_heard() -> None:
    with serving(lambda _: [b"hello"], context_for(OTHER, "elsewhere.test")) as server:
        stream = SocketTransport(None, timeout=5).connect(server.origin)
        stream.send(REQUEST)
        assert stream.receive(100) == b"hello"
        stream.close()


def test_an_end_that_tls_does_not_know_of_is_none() -> None:
    """Anybody on the way can end a connection; an answer must not seem whole for it."""
    with serving(lambda _: Reply(), context_for(AUTHORITY, "localhost")) as server:
        stream = SocketTransport(AUTHORITY.pem, timeout=5).connect(server.origin)
        stream.send(REQUEST)
        assert stream.receive(1000)
        server.vanish()
        with pytest.raises(Unreachable):
            stream.receive(1000)
        stream.close()


def test_a_plain_server_under_an_https_address() -> None:
    with serving(lambda _: Reply()) as server, pytest.raises(Unreachable):
        SocketTransport(AUTHORITY.pem, timeout=1).connect(Origin("https", "localhost", server.port))


def test_a_server_that_never_shakes_hands() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(Unreachable):
        SocketTransport(AUTHORITY.pem, timeout=0.2).connect(
            Origin("https", "127.0.0.1", mute.getsockname()[1])
        )


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for host in ("127.0.0.1", "nobody.invalid", "a" * 64 + ".test"):
        with pytest.raises(Unreachable):
            SocketTransport(AUTHORITY.pem, timeout=5).connect(Origin("http", host, port))


@pytest.mark.parametrize("pem", ["", "garbage", "\N{EURO SIGN}", AUTHORITY.pem[:200]])
def test_an_authority_that_cannot_be_read(pem: str) -> None:
    with pytest.raises(AuthorityMismatch):
        SocketTransport(pem)


def test_a_stream_may_be_closed_a_hundred_times_at_once() -> None:
    """Threads that close and read together: no error but ours, no descriptor left open or closed twice."""
    with serving(
        lambda _: Reply(body=b"x" * 100_000), context_for(AUTHORITY, "localhost")
    ) as server:
        transport = SocketTransport(AUTHORITY.pem, timeout=5)
        for _ in range(30):
            stream = transport.connect(server.origin)
            stream.send(REQUEST)
            done = threading.Event()
            reading = threading.Thread(target=_read_to_the_end, args=(stream, done))
            reading.start()
            closing = [threading.Thread(target=stream.close) for _ in range(4)]
            for thread in closing:
                thread.start()
            until(done)
            for thread in (reading, *closing):
                thread.join()


def _read_to_the_end(stream: Stream, done: threading.Event) -> None:
    try:
        while stream.receive(10):
            pass
    except Unreachable:
        done.set()


ORIGINS = {
    "https://network.example": (Origin("https", "network.example", 443), "network.example"),
    "https://Network.Example:8443/": (
        Origin("https", "network.example", 8443),
        "network.example:8443",
    ),
    "http://127.0.0.1:80": (Origin("http", "127.0.0.1", 80), "127.0.0.1"),
    "https://[2001:db8::1]:8443": (Origin("https", "2001:db8::1", 8443), "[2001:db8::1]:8443"),
}


@pytest.mark.parametrize("url", ORIGINS)
def test_origins(url: str) -> None:
    origin, authority = ORIGINS[url]
    assert Origin.of(url) == origin
    assert origin.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "network.example",
        "ftp://network.example",
        "https://",
        "https://:8443",
        "https://network.example:0",
        "https://network.example:65536",
        "https://network.example:port",
        "https://[::1",
        "https://[network.example]",
        "https://network.example:8443x",
        "https://[::1]extra",
        "https://user:secret@network.example",
        "https://net work.example",
        "https://network.exam\nple",
        " https://network.example",
        "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example",
        "https://-network.example",
        "https://network.example\\@evil.example",
        "https://network%2eexample",
    ],
)
def test_what_is_no_origin(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Origin.of(url)


@given(text=st.text(max_size=40), scheme=st.sampled_from(["", "https://", "http://", "https://["]))
def test_any_text_is_an_origin_that_can_be_asked_or_none(scheme: str, text: str) -> None:
    try:
        origin = Origin.of(scheme + text)
    except ConfigurationError:
        return
    assert serialise(Request("GET", "/"), origin).startswith(b"GET / HTTP/1.1\r\n")
