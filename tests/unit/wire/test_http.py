"""The client: what the ledger sees, how connections are kept, and what a network may answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire.server import AUTHORITY, OTHER, context_for, serving, until, waited
from vedette.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    AuthorityMismatch,
    NetworkRefused,
    StoreUnusable,
    TimedOut,
    Unreachable,
    WireError,
)
from vedette.testing.transport import SILENCE, Answering, MemoryTransport, Reply
from vedette.wire.http import Answer, Client, Request, raise_for_refusal, serialise
from vedette.wire.refusals import Problem, Refusal
from vedette.wire.transport import Origin, SocketTransport, Stream

ORIGIN = Origin("https", "network.example", 443)
POST = Request("POST", "/v1/envelopes?x=1", {"content-type": "text/plain"}, b"body")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass
class Entry:
    """What the ledger noted of one request."""

    request: Request
    raw: bytes
    outcomes: list[int | str] = field(default_factory=list)

    def answered(self, status: int) -> None:
        self.outcomes.append(status)

    def failed(self, reason: str) -> None:
        self.outcomes.append(reason)


class Written:
    """A ledger on paper; ``seen`` is asked at each entry."""

    def __init__(self, seen: Callable[[], object] = lambda: None) -> None:
        self.entries: list[Entry] = []
        self.seen: list[object] = []
        self._seen = seen

    def __call__(self, request: Request, raw: bytes) -> Entry:
        self.seen.append(self._seen())
        self.entries.append(Entry(request, raw))
        return self.entries[-1]

    @property
    def outcomes(self) -> list[list[int | str]]:
        return [entry.outcomes for entry in self.entries]


def client_of(answering: Answering) -> tuple[Client, MemoryTransport, Written]:
    transport, ledger = MemoryTransport(answering), Written()
    return Client(ORIGIN, transport, ledger), transport, ledger


def scripted(*answers: Reply | Iterable[bytes]) -> Answering:
    rest = iter(answers)
    return lambda _: next(rest)


# ---- the ledger


def test_the_ledger_gets_every_byte_before_the_server_does() -> None:
    with serving(lambda _: Reply(body=b"ok"), context_for(AUTHORITY, "localhost")) as server:
        ledger = Written(lambda: bytes(server.captured))
        client = Client(server.origin, SocketTransport(AUTHORITY.pem, timeout=5), ledger)
        for request in (POST, Request("GET", "/v1/authority"), POST):
            assert client.exchange(request).body == b"ok"
        client.close()
        sent = [entry.raw for entry in ledger.entries]
        assert bytes(server.captured) == b"".join(sent)
        assert [received.raw for received in server.received] == sent
        assert ledger.seen == [b"", sent[0], sent[0] + sent[1]]
        assert len(server.connections) == 1


@given(
    target=st.text("abc/?=&%20", max_size=20).map("/{}".format),
    headers=st.dictionaries(
        st.from_regex(r"x-[a-z]{1,8}", fullmatch=True),
        st.text("abc 123", max_size=9).map(str.strip),
    ),
    body=st.binary(max_size=300),
)
def test_what_is_serialised_is_what_arrives(
    target: str, headers: Mapping[str, str], body: bytes
) -> None:
    request = Request("POST", target, headers, body)
    client, transport, ledger = client_of(lambda _: Reply())
    client.exchange(request)
    (received,) = transport.received
    assert received.raw == ledger.entries[0].raw == serialise(request, ORIGIN)
    assert (received.method, received.target, received.body) == ("POST", target, body)
    assert received.headers == {
        "host": "network.example",
        **headers,
        "content-length": str(len(body)),
    }


def test_what_the_ledger_cannot_write_down_is_not_sent() -> None:
    def full(request: Request, raw: bytes) -> Entry:
        raise StoreUnusable("the disk is full", "make room")

    transport = MemoryTransport(lambda _: Reply())
    client = Client(ORIGIN, transport, full)
    with pytest.raises(StoreUnusable):
        client.exchange(POST)
    with pytest.raises(StoreUnusable):
        next(client.stream(POST, lambda _: None))
    assert not transport.connections


def test_a_ledger_that_fails_leaves_no_connection_open() -> None:
    client, transport, ledger = client_of(lambda _: Reply())
    client.exchange(POST)

    def full() -> None:
        raise StoreUnusable("the disk is full", "make room")

    ledger._seen = full
    with pytest.raises(StoreUnusable):
        client.exchange(POST)
    assert [stream.closed for stream in transport.connections] == [True]


def test_the_ledger_hears_how_it_ended() -> None:
    client, _, ledger = client_of(scripted(Reply(503), [b"garbage\r\n\r\n"], [SILENCE]))
    client.exchange(POST)
    for error in (AnswerMalformed, TimedOut):
        with pytest.raises(error):
            client.exchange(POST)
    assert ledger.outcomes == [[503], ["answer_malformed"], ["timed_out"]]


# ---- connections


def test_a_connection_is_kept_between_exchanges() -> None:
    client, transport, _ = client_of(lambda _: Reply())
    for _ in range(3):
        client.exchange(POST)
    assert len(transport.connections) == 1
    client.close()
    assert transport.connections[0].closed


def test_a_kept_connection_that_was_closed_is_replaced_once() -> None:
    client, transport, ledger = client_of(lambda _: Reply(body=b"ok"))
    client.exchange(POST)
    transport.connections[0].hang_up()
    assert client.exchange(POST).body == b"ok"
    # Both tries are in the ledger: nobody knows how much of the first arrived.
    assert ledger.outcomes == [[200], ["unreachable"], [200]]
    assert [stream.closed for stream in transport.connections] == [True, False]


@pytest.mark.parametrize("politely", [True, False], ids=["hung up", "vanished"])
def test_a_kept_connection_that_was_closed_is_replaced_once_for_real(politely: bool) -> None:
    with serving(lambda _: Reply(body=b"ok"), context_for(AUTHORITY, "localhost")) as server:
        client = Client(server.origin, SocketTransport(AUTHORITY.pem, timeout=5), Written())
        client.exchange(POST)
        if politely:
            server.hang_up()
        else:
            server.vanish()
        assert client.exchange(POST).body == b"ok"
        assert len(server.received) == 2
        client.close()


def test_a_new_connection_that_was_closed_is_not_tried_again() -> None:
    client, transport, ledger = client_of(lambda _: [])
    with pytest.raises(Unreachable):
        client.exchange(POST)
    assert len(transport.received) == 1
    assert ledger.outcomes == [["unreachable"]]


def test_the_second_closing_is_the_last() -> None:
    client, transport, _ = client_of(scripted(Reply(), [], []))
    client.exchange(POST)
    with pytest.raises(Unreachable):
        client.exchange(POST)
    assert len(transport.received) == 3


def test_an_answer_that_had_begun_is_not_asked_for_again() -> None:
    client, transport, _ = client_of(scripted(Reply(), [b"HTTP/1.1 200"]))
    client.exchange(POST)
    with pytest.raises(AnswerMalformed):
        client.exchange(POST)
    assert len(transport.received) == 2


def test_an_answer_that_was_lost_half_way_is_not_asked_for_again() -> None:
    """The network has acted on the request by then, and said so."""

    def lost() -> Iterator[bytes]:
        yield b"HTTP/1.1 200"
        raise Unreachable("the connection is lost", "it is tried again by itself")

    client, transport, ledger = client_of(scripted(Reply(), lost(), Reply()))
    client.exchange(POST)
    with pytest.raises(Unreachable):
        client.exchange(POST)
    assert len(transport.received) == 2
    assert ledger.outcomes == [[200], ["unreachable"]]


def test_silence_on_a_kept_connection_is_not_answered_by_asking_again() -> None:
    """The network may be overloaded; whoever waits in vain waits longer, he does not ask twice."""
    client, transport, _ = client_of(scripted(Reply(), [SILENCE]))
    client.exchange(POST)
    with pytest.raises(TimedOut):
        client.exchange(POST)
    assert len(transport.received) == 2


def test_what_nobody_asked_for_is_not_taken_for_the_next_answer() -> None:
    """Also where the connection is still there to be used."""
    talkative = OK + OK.replace(b"ok", b"no")
    with serving(lambda _: [talkative, SILENCE]) as server:
        client = Client(server.origin, SocketTransport(None, timeout=5), Written())
        assert client.exchange(POST).body == b"ok"
        assert client.exchange(POST).body == b"ok"
        client.close()
    assert len(server.received) == len(server.connections) == 2


def test_a_connection_that_the_network_ends_is_not_kept() -> None:
    closing = OK.replace(b"content-length", b"connection: close\r\ncontent-length")
    client, transport, _ = client_of(lambda _: [closing])
    client.exchange(POST)
    client.exchange(POST)
    assert [stream.closed for stream in transport.connections] == [True, True]


class Deaf:
    """A server that answers before it has heard a request, and hangs up; both the transport and its streams."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.connections = 0

    def connect(self, origin: Origin) -> Stream:
        self.connections += 1
        return self

    def send(self, data: bytes) -> None:
        raise Unreachable("nobody listens", "be brief")

    def receive(self, most: int) -> bytes:
        piece, self.answer = self.answer[:most], self.answer[most:]
        return piece

    def close(self) -> None:
        pass


def test_who_hangs_up_while_a_request_is_sent_may_have_answered() -> None:
    server, ledger = Deaf(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n"), Written()
    client = Client(ORIGIN, server, ledger)
    assert client.exchange(POST).status == 413
    with pytest.raises(Unreachable, match="nobody listens"):
        client.exchange(POST)
    assert server.connections == 2
    assert ledger.outcomes == [[413], ["unreachable"]]


def test_another_authority_is_no_matter_of_trying_again() -> None:
    with serving(lambda _: Reply(), context_for(OTHER, "localhost")) as server:
        ledger = Written()
        client = Client(server.origin, SocketTransport(AUTHORITY.pem, timeout=5), ledger)
        with pytest.raises(AuthorityMismatch):
            client.exchange(POST)
        assert ledger.outcomes == [["authority_mismatch"]]
        assert not server.captured


# ---- answers


def test_a_body_in_chunks() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"1",
        b";ext\r\nd\r\n0\r\n\r\n",
    )
    client, _, _ = client_of(lambda _: chunked)
    assert client.exchange(POST).body == b"abcd"


def test_an_answer_in_single_bytes() -> None:
    client, _, _ = client_of(lambda _: (OK[i : i + 1] for i in range(len(OK))))
    assert client.exchange(POST) == Answer(200, {"content-length": "2"}, b"ok")


def test_a_body_up_to_the_end_of_the_connection() -> None:
    client, _, _ = client_of(lambda _: [b"HTTP/1.1 200 OK\r\n\r\n", b"all ", b"of it"])
    assert client.exchange(POST).body == b"all of it"


def test_informational_answers_come_before_the_answer() -> None:
    client, _, _ = client_of(lambda _: [b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + OK])
    assert client.exchange(POST).body == b"ok"


def test_no_body_is_larger_than_asked_for() -> None:
    client, _, _ = client_of(lambda _: Reply(body=b"x" * 100))
    assert len(client.exchange(POST, limit=100).body) == 100
    with pytest.raises(AnswerTooLarge):
        client.exchange(POST, limit=99)


def _forever(*start: bytes) -> Iterator[bytes]:
    yield from start[:-1]
    while True:
        yield start[-1]


ENDLESS: dict[str, tuple[bytes, ...]] = {
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
    "a body of stated length": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"x" * 65536,
    ),
    "chunks": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"1000\r\n" + b"x" * 4096 + b"\r\n",
    ),
    "a header field": (b"HTTP/1.1 200 OK\r\nx: ", b"x" * 1000),
    "header fields": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 100),
    "a status line": (b"HTTP/1.1 200 ", b"O" * 1000),
    "informational answers": (b"HTTP/1.1 100 Continue\r\n\r\n",),
    "a chunk's length": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"0" * 1000),
    "trailers": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 100),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_nothing_endless_is_read_to_its_end(what: str) -> None:
    client, transport, _ = client_of(lambda _: _forever(*ENDLESS[what]))
    with pytest.raises((AnswerTooLarge, AnswerMalformed)):
        client.exchange(POST)
    assert transport.connections[0].closed


BROKEN: dict[str, bytes] = {
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "another version": OK.replace(b"HTTP/1.1", b"HTTP/3"),
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "a head cut off": OK[:20],
    "a body cut off": OK[:-1],
    "a chunk cut off": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    "chunks without an end": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n",
    "a chunk of no length": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
    "two lengths": OK.replace(b"content-length: 2", b"content-length: 2\r\ncontent-length: 3"),
    "a negative length": OK.replace(b": 2", b": -2"),
    "an unknown encoding": OK.replace(b"content-length: 2", b"transfer-encoding: gzip"),
    "another protocol from now on": b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_answers(what: str) -> None:
    client, transport, ledger = client_of(lambda _: [BROKEN[what]])
    with pytest.raises(AnswerMalformed):
        client.exchange(POST)
    assert transport.connections[0].closed
    assert ledger.outcomes == [["answer_malformed"]]


@given(
    start=st.sampled_from(
        [b"", b"HTTP/1.1 200 OK\r\n", OK, b"HTTP/1.1 200 OK\r\ntransfer-encoding:"]
    ),
    pieces=st.lists(st.binary(max_size=60), max_size=6),
)
def test_garbage_raises_nothing_but_errors_of_the_wire(start: bytes, pieces: list[bytes]) -> None:
    client, _, _ = client_of(lambda _: [start, *pieces])
    for _ in range(2):
        with suppress(WireError):
            raise_for_refusal(client.exchange(POST))


@given(place=st.integers(0, 200), new=st.binary(max_size=3), drop=st.integers(0, 3))
def test_damaged_answers_raise_nothing_but_errors_of_the_wire(
    place: int, new: bytes, drop: int
) -> None:
    problem = _refusal(Refusal.BUSY, {"retry-after": "7", "date": "Tue, 24 Nov 2026 12:00:00 GMT"})
    head = f"HTTP/1.1 429 Busy\r\ncontent-length: {len(problem.body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in problem.headers.items())
    answer = head.encode() + b"\r\n" + problem.body
    client, _, _ = client_of(lambda _: [answer[:place] + new + answer[place + drop :]])
    with suppress(WireError):
        raise_for_refusal(client.exchange(POST))


# ---- streams


def test_a_stream_gives_what_comes_as_it_comes() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    client, transport, ledger = client_of(
        lambda _: [head, b"1\r\na\r\n", b"2\r\nbc\r\n", b"0\r\n\r\n"]
    )
    assert list(client.stream(Request("GET", "/v1/urgent"), lambda _: None)) == [b"a", b"bc"]
    assert transport.connections[0].closed
    assert ledger.outcomes == [[200]]


def test_a_stream_is_closed_by_whoever_stops_reading() -> None:
    client, transport, _ = client_of(lambda _: _forever(b"HTTP/1.1 200 OK\r\n\r\n", b"x"))
    stream = client.stream(POST, lambda _: None)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert transport.connections[0].closed


def test_a_stream_that_is_refused() -> None:
    client, transport, ledger = client_of(lambda _: _refusal(Refusal.BUSY, {"retry-after": "5"}))
    with pytest.raises(NetworkRefused) as refused:
        next(client.stream(POST, lambda _: None))
    assert refused.value.retry_after == 5
    assert transport.connections[0].closed
    assert ledger.outcomes == [[429]]


def test_a_stream_that_breaks_off() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n"
    client, _, ledger = client_of(lambda _: [chunked])
    with pytest.raises(AnswerMalformed):
        list(client.stream(POST, lambda _: None))
    assert ledger.outcomes == [[200, "answer_malformed"]]


def test_a_stream_ends_when_another_thread_closes_it() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n"
    with serving(lambda _: [head, SILENCE], context_for(AUTHORITY, "localhost")) as server:
        client = Client(server.origin, SocketTransport(AUTHORITY.pem, timeout=30), Written())
        streams: list[Stream] = []
        begun, ended = threading.Event(), threading.Event()

        def follow() -> None:
            try:
                for _ in client.stream(POST, streams.append):
                    begun.set()
            except WireError:
                ended.set()

        thread = threading.Thread(target=follow)
        thread.start()
        until(begun)
        waited(0.05)
        streams[0].close()
        until(ended)
        thread.join()


# ---- refusals


def _refusal(refusal: Refusal, headers: Mapping[str, str], server_time: str | None = None) -> Reply:
    problem = Problem("about:blank", "x", refusal.status, "x", refusal, server_time)
    return Reply(refusal.status, headers, msgspec.json.encode(problem))


def _refused(reply: Reply) -> NetworkRefused:
    with pytest.raises(NetworkRefused) as refused:
        raise_for_refusal(Answer(reply.status, reply.headers, reply.body))
    return refused.value


def test_success_is_no_refusal() -> None:
    raise_for_refusal(Answer(202, {}, b""))
    raise_for_refusal(Answer(399, {"retry-after": "5"}, b""))


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_arrives_with_its_word_and_advice(refusal: Refusal) -> None:
    error = _refused(_refusal(refusal, {}, "2026-11-24T12:00:00Z"))
    assert (error.status, error.reason, error.advice) == (refusal.status, refusal, refusal.advice)
    assert error.server_time == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert error.retry_after is None


DATE = {"date": "Tue, 24 Nov 2026 12:00:00 GMT"}
RETRY: dict[str, tuple[dict[str, str], float | None]] = {
    "seconds": ({"retry-after": "120"}, 120),
    "now": ({"retry-after": "0"}, 0),
    "far too many seconds": ({"retry-after": "9" * 400}, 604_800),
    "a date": ({"retry-after": "Tue, 24 Nov 2026 12:01:30 GMT", **DATE}, 90),
    "a date gone by": ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT", **DATE}, 0),
    "a date far off": ({"retry-after": "Tue, 24 Nov 2036 11:00:00 GMT", **DATE}, 604_800),
    "a date against no date": ({"retry-after": "Tue, 24 Nov 2026 12:01:30 GMT"}, None),
    "a date against garbage": ({"retry-after": DATE["date"], "date": "noon"}, None),
    "a date outside the calendar": (
        {"retry-after": "Tue, 24 Nov 99999999999999999999 12:00:00 GMT", **DATE},
        None,
    ),
    "a date against the calendar's last": (
        {"retry-after": DATE["date"], "date": "Fri, 31 Dec 9999 23:59:59 -0100"},
        0,
    ),
    "a date against one without a zone": (
        {"retry-after": "Tue, 24 Nov 2026 12:01:30 GMT", "date": "Tue, 24 Nov 2026 12:00:00 -0000"},
        None,
    ),
    "no number": ({"retry-after": "soon"}, None),
    "a fraction": ({"retry-after": "1.5"}, None),
    "negative": ({"retry-after": "-5"}, None),
    "a digit that is none": ({"retry-after": "\N{SUPERSCRIPT TWO}"}, None),
    "empty": ({"retry-after": ""}, None),
}


@pytest.mark.parametrize("case", RETRY)
def test_retry_after(case: str) -> None:
    headers, seconds = RETRY[case]
    assert _refused(_refusal(Refusal.BUSY, headers)).retry_after == seconds


@given(value=st.text(max_size=40), date=st.one_of(st.none(), st.text(max_size=40)))
def test_any_retry_after_is_seconds_or_nothing(value: str, date: str | None) -> None:
    headers = {"retry-after": value, **({"date": date} if date is not None else {})}
    seconds = _refused(_refusal(Refusal.BUSY, headers)).retry_after
    assert seconds is None or 0 <= seconds <= 604_800


STRANGE: dict[str, bytes] = {
    "a page of a proxy": b"<html>Bad gateway</html>",
    "nothing": b"",
    "not UTF-8": b'{"reason": "\xff"}',
    "an unknown word": msgspec.json.encode(Problem("x", "x", 502, "x", "new_word")),
    "a time that is none": msgspec.json.encode(Problem("x", "x", 502, "x", "busy", "noon")),
    "nested deeply": b'{"x":' + b"[" * 100_000,
}


@pytest.mark.parametrize("case", STRANGE)
def test_refusals_that_say_nothing_we_know(case: str) -> None:
    error = _refused(Reply(502, {"retry-after": "3"}, STRANGE[case]))
    assert (error.reason, error.retry_after, error.server_time) == ("http_502", 3, None)


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-24T12:00:00",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_without_a_zone_or_outside_all_reason_is_no_time(time: str) -> None:
    error = _refused(_refusal(Refusal.STALE, {}, time))
    assert (error.reason, error.server_time) == ("stale", None)
