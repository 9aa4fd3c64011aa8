"""A real server in a thread, with the network's own kind of certificate; it keeps every byte that reaches it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import h11

from vedette.clock import SystemClock
from vedette.crypto.authority import Authority
from vedette.testing.transport import SILENCE, Answering, Listener, Received, Reply
from vedette.wire.transport import Origin

AUTHORITY = Authority.create("Test network", SystemClock().now())
OTHER = Authority.create("Test network", SystemClock().now())


class Server:
    """Answers on a port of this machine. ``answering`` may be changed while it runs."""

    def __init__(self, answering: Answering, context: ssl.SSLContext | None) -> None:
        self.answering = answering
        self.captured = bytearray()
        self.received: list[Received] = []
        self.connections: list[socket.socket] = []
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        port: int = self._listening.getsockname()[1]
        return port

    @property
    def origin(self) -> Origin:
        return Origin("https" if self._context else "http", "localhost", self.port)

    def hang_up(self) -> None:
        """Ends every connection, as TLS says it."""
        for connection in self.connections:
            with contextlib.suppress(OSError, ValueError):
                if isinstance(connection, ssl.SSLSocket):
                    connection.settimeout(0.2)
                    connection.unwrap()
            self._drop(connection)

    def vanish(self) -> None:
        """Ends every connection without a word."""
        for connection in self.connections:
            self._drop(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.vanish()
        for thread in self._threads:
            thread.join(5)
        for connection in self.connections:
            connection.close()

    def _drop(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        listener = Listener()
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            self.connections.append(connection)
            while data := connection.recv(65536):
                self.captured += data
                if (received := listener.receive(data)) is None:
                    continue
                self.received.append(received)
                answer = self.answering(received)
                if isinstance(answer, Reply):
                    connection.sendall(listener.answer(answer))
                    continue
                for piece in answer:
                    if piece == SILENCE:
                        _wait_for_the_end(connection)
                    connection.sendall(piece)
                if isinstance(connection, ssl.SSLSocket):
                    connection.unwrap()
                break
        except (OSError, ValueError, h11.RemoteProtocolError):
            pass
        finally:
            connection.close()


def _wait_for_the_end(connection: socket.socket) -> None:
    while connection.recv(1):
        pass


def context_for(authority: Authority, *hosts: str) -> ssl.SSLContext:
    """What a server needs whose certificate ``authority`` issued for ``hosts``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = authority.issue_server(hosts, SystemClock().now())
    with tempfile.TemporaryDirectory() as folder:
        chain, secret = Path(folder, "chain"), Path(folder, "key")
        chain.write_text(certificate)
        secret.write_bytes(key)
        context.load_cert_chain(chain, secret)
    return context


@contextlib.contextmanager
def serving(answering: Answering, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(answering, context)
    try:
        yield server
    finally:
        server.close()


def until(condition: threading.Event, seconds: float = 5) -> None:
    assert condition.wait(seconds), "it did not come to pass"


def waited(seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - another thread has to get into a system call
