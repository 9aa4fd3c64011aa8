"""The transport seam: a stream of bytes to a network's address, in clear or under TLS with one authority trusted."""

from __future__ import annotations

import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from vedette.errors import AuthorityMismatch, ConfigurationError, Unreachable

_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a network is reached."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of ``url``. Raises ``ConfigurationError`` where it names none."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in _PORTS or not parts.hostname or port == 0:
            raise ConfigurationError(
                "the network's address is not a URL", "use https://HOST or https://HOST:PORT"
            )
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme])

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` field says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Stream(Protocol):
    """One connection. ``close`` may be called from another thread and wakes a waiting ``receive``."""

    def send(self, data: bytes) -> None:
        """Sends all of ``data``. Raises ``Unreachable``."""
        ...

    def receive(self, most: int) -> bytes:
        """Up to ``most`` bytes, nothing at the end. Raises ``Unreachable``, also after a silence of the time-out."""
        ...

    def close(self) -> None: ...


class Transport(Protocol):
    """How connections are made."""

    def connect(self, origin: Origin) -> Stream:
        """A connection to ``origin``. Raises ``Unreachable`` or ``AuthorityMismatch``."""
        ...


class SocketTransport:
    """Connections over TCP; for https under TLS 1.2 or newer, with the authority in ``ca_pem`` and no other trusted.

    Without ``ca_pem`` nothing is verified: only for the one request that fetches the authority, whose digest is
    known already. ``timeout`` in seconds, for connecting and for each silence.
    """

    def __init__(self, ca_pem: str | None, *, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if ca_pem is None:
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        else:
            try:
                self._context.load_verify_locations(cadata=ca_pem)
            except (ssl.SSLError, ValueError) as error:
                raise AuthorityMismatch(
                    "the network's authority is not readable", "join the network again"
                ) from error

    def connect(self, origin: Origin) -> Stream:
        plain: socket.socket | None = None
        try:
            plain = socket.create_connection((origin.host, origin.port), self._timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if origin.scheme == "http":
                return _SocketStream(plain)
            return _SocketStream(self._context.wrap_socket(plain, server_hostname=origin.host))
        except ssl.SSLCertVerificationError as error:
            _close(plain)
            raise AuthorityMismatch(
                "the server is not vouched for by the network's authority",
                "check the address; if the network was set up anew, join it again",
            ) from error
        except (OSError, UnicodeError) as error:
            _close(plain)
            raise _unreachable() from error


class _SocketStream:
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except (OSError, ValueError) as error:
            raise _unreachable() from error

    def receive(self, most: int) -> bytes:
        try:
            return self._socket.recv(most)
        except (OSError, ValueError) as error:
            raise _unreachable() from error

    def close(self) -> None:
        # A thread that waits in recv is woken by the shutdown, not by the close.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _close(sock: socket.socket | None) -> None:
    if sock is not None:
        sock.close()


def _unreachable() -> Unreachable:
    return Unreachable(
        "the network cannot be reached", "check the connection; it is tried again by itself"
    )
