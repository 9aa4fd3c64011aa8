"""The urgent channel: only what the network signed, nothing missing unnoticed, and not a packet when it is
not wanted.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import pytest

from tests.unit.endpoint.computer import Computer
from tests.unit.endpoint.network import FakeNetwork, Got, problem
from vedette.clock import SystemClock
from vedette.crypto.keys import SigningKey
from vedette.endpoint.settings import UrgentSettings
from vedette.endpoint.urgent import UrgentChannel, UrgentStatus, status
from vedette.errors import Unreachable
from vedette.wire import protocol
from vedette.wire.events import Event, render
from vedette.wire.refusals import Refusal
from vedette.wire.transport import Origin

GO = threading.Event()
THREAT = hashlib.sha256(b"threat").digest()


@pytest.fixture
def protected(computer: Computer) -> Computer:
    computer.join()
    computer.switch.turn_on()
    return computer


def channel(computer: Computer, **settings: float) -> UrgentChannel:
    return UrgentChannel(
        computer.network,
        computer.switch,
        computer.verdicts,
        computer.spool.count,
        computer.clock,
        UrgentSettings(**settings),
        lambda: 0.5,
    )


def follow(computer: Computer) -> float:
    return channel(computer).follow(GO)


def asked(computer: Computer) -> list[Got]:
    return [got for got in computer.net.got if got.target == protocol.URGENT]


def how(computer: Computer) -> UrgentStatus:
    return status(computer.switch, computer.verdicts, computer.clock, UrgentSettings())


def test_a_verdict_is_verified_and_kept(protected: Computer) -> None:
    verdict = protected.net.verdict(b"threat")
    protected.net.publish(verdict, protected.net.beat())
    follow(protected)
    assert protected.verdicts.find(THREAT) == verdict
    document = protected.verdicts.document(THREAT)
    assert document is not None
    assert document in protected.net.events[0]
    assert how(protected) == UrgentStatus(True, False, protected.clock.now(), 1)


def test_nobody_is_named_when_asking(protected: Computer) -> None:
    protected.grant()
    follow(protected)
    (got,) = asked(protected)
    assert set(got.headers) == {"host", "accept", "last-event-id"}
    assert protected.sent.entries()[0].purpose == "protection"


def test_the_next_connection_goes_on_where_the_last_ended(protected: Computer) -> None:
    protected.net.publish(
        *(protected.net.verdict(bytes([n])) for n in range(3)), protected.net.beat()
    )
    follow(protected)
    protected.net.events.clear()
    follow(protected)
    assert [got.headers["last-event-id"] for got in asked(protected)] == ["0", "3"]


def test_a_verdict_that_is_missing_is_asked_for_again(protected: Computer) -> None:
    one, two, three = (protected.net.verdict(bytes([n])) for n in range(3))
    protected.net.publish(one, protected.net.beat(serial=1), three)
    follow(protected)
    assert protected.verdicts.position == 1
    assert protected.verdicts.find(hashlib.sha256(bytes([2])).digest()) == three
    protected.net.events.clear()
    protected.net.publish(two, three, protected.net.beat())
    follow(protected)
    assert asked(protected)[-1].headers["last-event-id"] == "1"
    assert protected.verdicts.position == 3


def test_an_older_state_is_not_believed_on_a_new_connection_either(protected: Computer) -> None:
    following, old = channel(protected), protected.net.beat()
    protected.clock.advance(20)
    protected.net.publish(protected.net.beat())
    following.follow(GO)
    heard = how(protected).heard
    protected.clock.advance(20)
    protected.net.events.clear()
    protected.net.publish(old)
    following.follow(GO)
    assert how(protected).heard == heard


def forged(network: FakeNetwork) -> bytes:
    document = network.verdict(b"threat").sign(SigningKey.generate()).decode()
    return render(Event(document, "verdict", "1"))


def of_another_kind(network: FakeNetwork) -> bytes:
    return render(Event(network.beat().sign(network.signer).decode(), "verdict", "1"))


def altered(network: FakeNetwork) -> bytes:
    document = network.verdict(b"threat").sign(network.signer).decode()
    return render(Event(document.replace('"payload":"', '"payload":"AA'), "verdict", "1"))


def no_document(network: FakeNetwork) -> bytes:
    return render(Event("hello", "verdict", "1"))


def old_heartbeat(network: FakeNetwork) -> bytes:
    return render(
        Event(network.beat(seconds=-3 * 86400).sign(network.signer).decode(), "heartbeat")
    )


def no_text(network: FakeNetwork) -> bytes:
    return b"event: verdict\ndata: \xff\xfe\n\n"


@pytest.mark.parametrize(
    "attack", [forged, of_another_kind, altered, no_document, old_heartbeat, no_text]
)
def test_what_the_network_did_not_say_is_not_believed(
    protected: Computer, attack: Callable[[FakeNetwork], bytes]
) -> None:
    protected.net.events.append(attack(protected.net))
    good = protected.net.verdict(b"after it")
    protected.net.publish(good)
    assert follow(protected) > 0
    assert protected.verdicts.size() == 0
    assert how(protected).stale
    assert protected.spool.counters() == {"urgent_interrupted": 1}


def test_a_new_key_of_the_network_is_learned(protected: Computer) -> None:
    follow(protected)
    protected.net.signer = SigningKey.generate()
    protected.net.publish(protected.net.verdict(b"threat"))
    follow(protected)
    assert protected.verdicts.find(THREAT)
    assert protected.net.paths().count("/v1/authority") == 2


def test_keys_are_not_asked_for_at_every_forgery(protected: Computer) -> None:
    protected.net.events.append(forged(protected.net))
    one = channel(protected)
    for _ in range(5):
        one.follow(GO)
    assert protected.net.paths().count("/v1/authority") == 2
    protected.clock.advance(3600)
    one.follow(GO)
    assert protected.net.paths().count("/v1/authority") == 3


def test_an_unknown_event_is_passed_over(protected: Computer) -> None:
    protected.net.events.append(render(Event("of the future", "news")))
    protected.net.publish(protected.net.verdict(b"threat"))
    follow(protected)
    assert protected.verdicts.find(THREAT)


def test_silence_shows_as_stale(protected: Computer) -> None:
    assert how(protected).stale
    protected.net.publish(protected.net.beat())
    follow(protected)
    protected.clock.advance(45)
    assert not how(protected).stale
    protected.clock.advance(1)
    assert how(protected).stale
    protected.clock.advance(-3600)
    assert how(protected).stale


def test_switched_off_not_a_packet_leaves(protected: Computer) -> None:
    protected.switch.turn_off()
    stop = threading.Event()
    reader = channel(protected, look_every=0.01)
    reader._clock = SystemClock()
    thread = threading.Thread(target=reader.run, args=(stop,))
    thread.start()
    stop.wait(0.1)
    stop.set()
    thread.join(5)
    assert protected.net.connections == 0


class EndlessTransport:
    """Leads to an urgent channel that never ends by itself; ``receive`` waits until the connection is closed."""

    def __init__(self, network: FakeNetwork) -> None:
        self._network = network
        self.streams: list[EndlessStream] = []

    def connect(self, origin: Origin) -> EndlessStream:
        self._network.connections += 1
        self.streams.append(EndlessStream())
        return self.streams[-1]


class EndlessStream:
    def __init__(self) -> None:
        self.closed = threading.Event()
        self.receiving = threading.Event()
        self._head = (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
        )

    def send(self, data: bytes) -> None:
        pass

    def receive(self, most: int) -> bytes:
        head, self._head = self._head, b""
        if head:
            return head
        self.receiving.set()
        self.closed.wait(10)
        raise Unreachable("closed", "try again")

    def close(self) -> None:
        self.closed.set()


@pytest.mark.parametrize("end", ["switch", "stop"])
def test_a_connection_that_is_not_wanted_any_more_is_closed_at_once(
    protected: Computer, end: str
) -> None:
    follow(protected)  # the authority is known from here on
    transport = EndlessTransport(protected.net)
    protected.network._transports = lambda ca: transport
    protected.net.connections = 0
    reader = channel(protected, look_every=0.01)
    reader._clock = SystemClock()
    stop = threading.Event()
    thread = threading.Thread(target=reader.run, args=(stop,))
    thread.start()
    while not transport.streams:
        stop.wait(0.01)
    assert transport.streams[0].receiving.wait(5)
    before = protected.spool.counters()
    if end == "switch":
        protected.switch.turn_off()
    else:
        stop.set()
    assert transport.streams[0].closed.wait(5)
    stop.wait(0.1)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert protected.net.connections == 1
    assert protected.spool.counters() == before


def test_a_network_that_is_busy_is_given_the_time_it_asks_for(protected: Computer) -> None:
    protected.net.urgent = problem(Refusal.BUSY, Retry_After="30")
    assert follow(protected) == 30.25


def test_failures_wait_longer_and_a_heartbeat_forgets_them(protected: Computer) -> None:
    protected.net.reachable = False
    one = channel(protected)
    assert [one.follow(GO) for _ in range(4)] == [0.25, 0.5, 1.0, 2.0]
    protected.net.reachable = True
    protected.net.publish(protected.net.beat())
    assert one.follow(GO) == 0.25


def test_who_has_not_joined_waits(computer: Computer) -> None:
    computer.folder.write("protection", b"on\n")
    assert follow(computer) > 0
    assert computer.net.connections == 0
