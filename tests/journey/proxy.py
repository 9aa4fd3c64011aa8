"""A proxy that ends TLS with the network's own certificate and records what computers send, byte for byte."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from pathlib import Path
from typing import Final

import h11

_CHUNK: Final = 64 << 10
_SECONDS: Final = 10.0


class RecordingProxy:
    """Listens on a free port; ``serve`` begins to forward to ``upstream``.

    ``connections`` holds the plaintext of each connection from a computer, in the order in which they were made.
    With ``cut_after``, a connection ends once that many bytes have come from the computer and were forwarded.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: Final = int(self._listener.getsockname()[1])
        self.address: Final = f"https://127.0.0.1:{self.port}"
        self.connections: list[bytearray] = []
        self.cut_after: int | None = None
        self._closed = threading.Event()

    def serve(self, authority: Path, upstream: int, *, encrypted: bool) -> None:
        """Forwards to the port ``upstream``, under TLS again where ``encrypted``, with the certificate that lies in
        the folder ``authority``.
        """
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._server.load_cert_chain(authority / "server.pem", authority / "server.key")
        self._client = ssl.create_default_context(cafile=str(authority / "ca.pem"))
        self._upstream, self._encrypted = upstream, encrypted
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def received(self) -> bytes:
        """All of it."""
        return b"".join(bytes(one) for one in self.connections)

    def requests(self) -> list[bytes]:
        """Every whole request, as HTTP parts them."""
        return [raw for connection in self.connections for raw in _requests(bytes(connection))]

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(plain,), daemon=True).start()

    def _connect(self, plain: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(plain.close)
            try:
                computer = stack.enter_context(self._server.wrap_socket(plain, server_side=True))
                network = stack.enter_context(self._to_network())
            except OSError:
                return
            recorded = bytearray()
            self.connections.append(recorded)
            with contextlib.suppress(OSError):
                self._forward(computer, network, recorded)
            # Who hangs up without saying so might be anybody: the end is said as it would be without a proxy.
            with contextlib.suppress(OSError):
                computer.settimeout(0.2)
                computer.unwrap()

    def _to_network(self) -> socket.socket:
        network = socket.create_connection(("127.0.0.1", self._upstream))
        if not self._encrypted:
            return network
        return self._client.wrap_socket(network, server_hostname="127.0.0.1")

    def _forward(
        self, computer: ssl.SSLSocket, network: socket.socket, recorded: bytearray
    ) -> None:
        while not self._closed.is_set():
            for source in _readable(computer, network):
                try:
                    source.settimeout(0)
                    data = source.recv(_CHUNK)
                except ssl.SSLWantReadError:  # what came was for TLS itself
                    continue
                finally:
                    source.settimeout(_SECONDS)
                if not data:
                    return
                if source is network:
                    computer.sendall(data)
                    continue
                recorded += data
                network.sendall(data)
                if self.cut_after is not None and len(recorded) >= self.cut_after:
                    return


def _readable(*sockets: socket.socket) -> list[socket.socket]:
    """Those that something has come over; under TLS it may have been taken from the kernel already."""
    waiting: list[socket.socket] = [
        one for one in sockets if isinstance(one, ssl.SSLSocket) and one.pending()
    ]
    return waiting or select.select(sockets, [], [], 0.2)[0]


def _requests(stream: bytes) -> list[bytes]:
    found: list[bytes] = []
    state, start = h11.Connection(h11.SERVER), 0
    while start < len(stream):
        state.receive_data(stream[start:])
        while not isinstance(event := state.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                return found
        rest = state.trailing_data[0]
        found.append(stream[start : len(stream) - len(rest)])
        start, state = len(stream) - len(rest), h11.Connection(h11.SERVER)
    return found
