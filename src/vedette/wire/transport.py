"""The transport seam: a stream of bytes to a network's address, in clear or under TLS with one authority trusted."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from vedette.errors import AuthorityMismatch, ConfigurationError, TimedOut, Unreachable

_PORTS: Final = {"https": 443, "http": 80}
# Names as they stand in certificates and Host fields, or addresses. A user before them is never meant for us.
_URL = re.compile(
    r"(https?)://(?:([a-z0-9][a-z0-9._-]{0,252})|\[([0-9a-f:.]{2,45})\])(?::([0-9]{1,5}))?(?:[/?#][\x21-\x7e]*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a network is reached."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of ``url``. Raises ``ConfigurationError`` where it names none."""
        found = _URL.fullmatch(url)
        if found is None or not 0 < int(found[4] or 1) < 65_536:
            raise ConfigurationError(
                "the network's address is not a URL", "use https://HOST or https://HOST:PORT"
            )
        scheme, host = found[1].lower(), (found[2] or found[3]).lower()
        return cls(scheme, host, int(found[4] or _PORTS[scheme]))

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` field says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Stream(Protocol):
    """One connection. ``close`` may be called from another thread and wakes a waiting ``receive``."""

    def send(self, data: bytes) -> None:
        """Sends all of ``data``. Raises ``Unreachable``, also once it is closed."""
        ...

    def receive(self, most: int) -> bytes:
        """Up to ``most`` bytes, nothing at the end. Raises ``Unreachable``, also where the end was not said or it is
        closed, and ``TimedOut`` after a silence of the time-out.
        """
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
            except (ssl.SSLError, ValueError, TypeError) as error:
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
            # Who hangs up without saying so under TLS may be anybody on the way: that is no end of an answer.
            return _SocketStream(
                self._context.wrap_socket(
                    plain, server_hostname=origin.host, suppress_ragged_eofs=False
                )
            )
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
    """The descriptor is let go of by whoever uses it last, not by a ``close`` in between: its number may be
    another file's at once.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.Lock()
        self._users = 0
        self._closed = threading.Event()

    def send(self, data: bytes) -> None:
        with self._used():
            self._socket.sendall(data)

    def receive(self, most: int) -> bytes:
        with self._used():
            data = self._socket.recv(most)
        if self._closed.is_set():
            raise _unreachable()
        return data

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            # Wakes a thread that waits in recv. Not SSLSocket's own shutdown: after it the socket goes on in clear.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            if not self._users:
                self._socket.close()

    @contextlib.contextmanager
    def _used(self) -> Iterator[None]:
        with self._lock:
            if self._closed.is_set():
                raise _unreachable()
            self._users += 1
        try:
            yield
        except TimeoutError as error:
            raise TimedOut("the network says nothing", "it is tried again by itself") from error
        except (OSError, ValueError) as error:
            raise _unreachable() from error
        finally:
            with self._lock:
                self._users -= 1
                if self._closed.is_set() and not self._users:
                    self._socket.close()


def _close(sock: socket.socket | None) -> None:
    if sock is not None:
        sock.close()


def _unreachable() -> Unreachable:
    return Unreachable(
        "the network cannot be reached", "check the connection; it is tried again by itself"
    )
