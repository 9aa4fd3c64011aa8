"""Ports that nobody has a reason to come to: whoever does is written down, and gets no answer.

Off unless ports are named. A visitor of TCP is cut off at once, without a byte from here; a packet of UDP is not read
beyond who sent it. Anybody can write a false sender on a packet of UDP, so its kind says so.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Final

from vedette.activity.attacks import ATTACKS, Attack, attack
from vedette.clock import Clock
from vedette.endpoint.launches import Allowance
from vedette.endpoint.settings import HoneyportSettings
from vedette.errors import NotPermitted, Unsupported, ValueRefused

log = logging.getLogger(__name__)

_PRODUCT: Final = "Vedette"
_STOP_SECONDS: Final = 0.5
_AT_ONCE: Final = 64  # visitors of a port before the next one has its turn
_RESET: Final = struct.pack(
    "ii", 1, 0
)  # closing drops the connection and keeps no trace of it (socket(7))
_OUT_OF_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BURST: Final = 1000


class Honeyport:
    """Listens as ``settings`` say. ``take`` gets each visitor, ``covers`` says whether an item may be reported now,
    ``count`` counts by name what was not written down.
    """

    def __init__(
        self,
        settings: HoneyportSettings,
        take: Callable[[Attack], None],
        covers: Callable[[str], bool],
        count: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._take = take
        self._covers = covers
        self._count = count
        self._clock = clock
        self._allowance = Allowance(clock, settings.most_per_second, _BURST)
        self.ready = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Until ``stop`` is set. A port that is taken is left out. Raises ``NotPermitted`` or ``Unsupported`` where
        none can be opened, ``StoreError`` where a visitor cannot be written down.
        """
        with contextlib.ExitStack() as opened:
            selector = opened.enter_context(selectors.DefaultSelector())
            for listener, kind in self._listeners(opened):
                selector.register(listener, selectors.EVENT_READ, kind)
            self.ready.set()
            while not stop.is_set():
                for key, _ in selector.select(_STOP_SECONDS):
                    assert isinstance(key.fileobj, socket.socket)
                    self._visits(key.fileobj, key.data)
            self.ready.clear()

    def _listeners(self, opened: contextlib.ExitStack) -> Iterator[tuple[socket.socket, str]]:
        failures: list[OSError] = []
        count = 0
        for kind, ports in (("tcp", self._settings.tcp), ("udp", self._settings.udp)):
            for port in ports:
                try:
                    listener = _listening(self._settings.address, port, kind)
                except OSError as error:
                    log.warning("a port cannot be listened at", extra={"port": port, "kind": kind})
                    self._count("honeyport_unopened")
                    failures.append(error)
                    continue
                count += 1
                yield opened.enter_context(listener), kind
        if not count:
            if any(isinstance(error, PermissionError) for error in failures):
                raise NotPermitted(
                    "the honeyports cannot be opened", "run as root, or name higher ports"
                )
            raise Unsupported("the honeyports cannot be opened", "name ports that are free")

    def _visits(self, listener: socket.socket, kind: str) -> None:
        port = int(listener.getsockname()[1])
        for _ in range(_AT_ONCE):
            try:
                source = _visitor(listener, kind)
            except BlockingIOError:
                return
            except OSError as error:  # the visitor has gone, or there is no room for one
                if error.errno in _OUT_OF_ROOM:
                    self._clock.sleep(_STOP_SECONDS)
                    return
                continue
            if not self._covers(ATTACKS):
                continue
            if not self._allowance.take():
                self._count("honeyport_over_rate")
                continue
            with contextlib.suppress(ValueRefused):
                what = "connection" if kind == "tcp" else "packet_of_unproven_sender"
                self._take(attack(source, port, kind, what, self._clock.now(), _PRODUCT))


def _listening(address: str, port: int, kind: str) -> socket.socket:
    """A socket at ``port``: of IPv6 and IPv4 at once where ``address`` is empty and the system has both."""
    family = (
        socket.AF_INET6
        if ":" in address or (not address and socket.has_dualstack_ipv6())
        else socket.AF_INET
    )
    listener = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6 and not address:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind((address, port))
        if kind == "tcp":
            listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def _visitor(listener: socket.socket, kind: str) -> str:
    """The address of the next one. Raises ``OSError``."""
    if kind == "udp":
        return str(listener.recvfrom(1)[1][0])
    visitor, address = listener.accept()
    with visitor:
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    return str(address[0])
