"""What is wrong with a request or an envelope, against a running network over TLS: each fault has its own answer
and its own figure, and does no harm to what is sound.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

import msgspec
import pytest

from tests.journey.faults import REQUESTS, Fault, body, invitation
from tests.journey.machines import CLOCK, Network, await_that
from vedette.crypto.keys import SigningKey
from vedette.testing.fleet import PRODUCT, SimulatedInstall, signed
from vedette.wire import protocol
from vedette.wire.http import Answer, Client, Request
from vedette.wire.protocol import EnvelopeAnswer, JoinRequest
from vedette.wire.refusals import Problem


@pytest.fixture(autouse=True)
def unharmed(standing: Network, client: Client, sound: SimulatedInstall) -> Iterator[None]:
    """Whatever a test sent, what is sound is taken afterwards."""
    yield
    answer = client.exchange(sound.request(body(sound)))
    assert (answer.status, accepted(answer)) == (202, {"services": 2})


def accepted(answer: Answer) -> dict[str, int]:
    return msgspec.json.decode(answer.body, type=EnvelopeAnswer).accepted


def assert_refused(
    standing: Network, client: Client, request: Request, status: int, reason: str
) -> None:
    """``request`` is answered so, counted so, and leaves nothing in the log."""
    counted = standing.metric("vedette_requests_refused_total", reason=reason)
    end = standing.health()["log"]
    answer = client.exchange(request)
    problem = msgspec.json.decode(answer.body, type=Problem)
    assert (answer.status, problem.status, problem.reason) == (status, status, reason)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.detail
    assert problem.server_time
    assert standing.metric("vedette_requests_refused_total", reason=reason) == counted + 1
    assert standing.health()["log"] == end


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    REQUESTS,
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_requests(
    standing: Network,
    client: Client,
    install: SimulatedInstall,
    fault: Fault,
    status: int,
    reason: str,
) -> None:
    assert_refused(standing, client, fault(install, standing), status, reason)


def test_a_request_again(standing: Network, client: Client, install: SimulatedInstall) -> None:
    request = install.request(body(install))
    assert client.exchange(request).status == 202
    assert_refused(standing, client, request, 401, "replayed")


def test_a_number_again(standing: Network, client: Client, install: SimulatedInstall) -> None:
    first = body(install)
    assert client.exchange(install.request(first)).status == 202
    install.sequence -= 1
    assert_refused(standing, client, install.request(body(install)), 409, "sequence_reused")
    end = standing.health()["log"]
    assert client.exchange(install.request(first)).status == 202  # the same content is no fault
    assert standing.health()["log"] == end


@pytest.mark.parametrize(
    ("token", "days", "reason"),
    [("", -1, "token_expired"), ("unheard-of", 1, "token_unknown"), ("", 1, "token_spent")],
)
def test_tokens(standing: Network, client: Client, token: str, days: int, reason: str) -> None:
    join = invitation(standing, days)
    if reason == "token_spent":
        SimulatedInstall.register(join, client, CLOCK)
    key = SigningKey.generate()
    wanted = JoinRequest(token or join.token, key.public.raw, PRODUCT)
    request = signed(
        client.origin,
        key,
        key.public.thumbprint,
        CLOCK,
        "POST",
        protocol.INSTALLS,
        protocol.JSON,
        msgspec.json.encode(wanted),
    )
    assert_refused(standing, client, request, 403, reason)


@pytest.mark.parametrize("encrypted", [True, False])
def test_what_is_no_request(standing: Network, encrypted: bool) -> None:
    """Noise, half a request, and nothing at all; the connections stay open while the next ones are made."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    head = f"POST {protocol.ENVELOPES} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n"
    for sent in (b"\0" * 3_000, head.encode() + b"half", b"GET / HTTP/9\r\n\r\n", b""):
        connection = socket.create_connection(("127.0.0.1", standing.port), 5)
        if encrypted:
            connection = context.wrap_socket(connection)
        with connection, suppress(OSError):
            connection.sendall(sent)
            connection.settimeout(0.3)
            connection.recv(1_000)
    await_that(standing.answers, "the network answers")
