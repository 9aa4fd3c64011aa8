"""A port that nobody has a reason to come to: real sockets on the loopback address."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from vedette.activity.attacks import Attack
from vedette.clock import SystemClock
from vedette.endpoint.honeyport import Honeyport
from vedette.endpoint.settings import HoneyportSettings
from vedette.errors import Unsupported

CLOCK = SystemClock()
HERE = "127.0.0.1"


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as listener:
        listener.bind((HERE, 0))
        return int(listener.getsockname()[1])


class Seen:
    def __init__(self) -> None:
        self.attacks: list[Attack] = []
        self.counted: list[str] = []
        self.covered = True

    def port(self, **settings: Any) -> Honeyport:
        return Honeyport(
            HoneyportSettings(address=HERE, **settings),
            self.attacks.append,
            lambda item: self.covered and item == "attacks",
            self.counted.append,
            CLOCK,
        )


@contextmanager
def running(port: Honeyport) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=port.run, args=(stop,))
    thread.start()
    try:
        assert port.ready.wait(10)
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    end = CLOCK.monotonic() + 10
    while not holds():
        assert CLOCK.monotonic() < end, "waited in vain"
        CLOCK.sleep(0.01)


def test_a_visitor_is_written_down_and_gets_no_answer() -> None:
    seen, number = Seen(), free_port()
    with running(seen.port(tcp=(number,))):
        with socket.create_connection((HERE, number), timeout=10) as visitor:
            try:
                answer = visitor.recv(100)
            except ConnectionResetError:
                answer = b""
        assert answer == b""
        until(lambda: len(seen.attacks) == 1)
    (found,) = seen.attacks
    assert (found.source.value, found.port and found.port.value) == ("loopback", number)
    assert (found.protocol.value, found.kind.value) == ("tcp", "connection")


def test_a_packet_is_written_down_as_of_an_unproven_sender() -> None:
    seen, number = Seen(), free_port(socket.SOCK_DGRAM)
    with running(seen.port(udp=(number,))), socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello" * 100, (HERE, number))
        until(lambda: len(seen.attacks) == 1)
    (found,) = seen.attacks
    assert (found.protocol.value, found.kind.value) == ("udp", "packet_of_unproven_sender")


def test_without_consent_nobody_is_written_down() -> None:
    seen, number = Seen(), free_port(socket.SOCK_DGRAM)
    seen.covered = False
    with running(seen.port(udp=(number,))), socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (HERE, number))
        CLOCK.sleep(0.3)
        seen.covered = True
        sender.sendto(b"y", (HERE, number))
        until(lambda: len(seen.attacks) == 1)
    assert len(seen.attacks) == 1


def test_too_many_are_counted_and_not_written_down() -> None:
    seen, number = Seen(), free_port(socket.SOCK_DGRAM)
    port = seen.port(udp=(number,), most_per_second=0.001)
    with running(port), socket.socket(type=socket.SOCK_DGRAM) as sender:
        for sent in range(1200):
            sender.sendto(b"x", (HERE, number))
            if sent % 50 == 0:
                CLOCK.sleep(0.01)
        until(lambda: bool(seen.counted))
    assert len(seen.attacks) == 1000
    assert set(seen.counted) == {"honeyport_over_rate"}


def test_a_port_that_is_taken_is_left_out() -> None:
    seen, number = Seen(), free_port()
    with socket.socket() as other:
        other.bind((HERE, 0))
        other.listen()
        taken = int(other.getsockname()[1])
        with running(seen.port(tcp=(taken, number))):
            with socket.create_connection((HERE, number), timeout=10):
                pass
            until(lambda: len(seen.attacks) == 1)
        assert seen.counted == ["honeyport_unopened"]
        with pytest.raises(Unsupported, match="honeyports"):
            seen.port(tcp=(taken,)).run(threading.Event())
