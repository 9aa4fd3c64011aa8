"""The routes: what is answered besides refusals, and what the OpenAPI document says of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Request

from tests.unit.ingest.front_door import Computer, Door, batch, opened, reason, services
from vedette.crypto.authority import AuthorityDocument
from vedette.errors import StoreUnusable
from vedette.facts.envelope import Batch, column
from vedette.ingest.settings import IngestSettings
from vedette.ingest.web import client_address
from vedette.statement.clauses import Tier
from vedette.store.prefix import prefix_hash
from vedette.store.registry import Registry
from vedette.wire import protocol
from vedette.wire.protocol import EnvelopeAnswer, JoinRequest
from vedette.wire.refusals import Problem, Refusal

KEY = b"k" * 32


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path) as door:
        yield door


def test_the_authority_is_told_to_anybody(door: Door) -> None:
    answer = door.client.get(protocol.AUTHORITY)
    assert answer.headers["content-type"] == "application/json"
    document = msgspec.json.decode(answer.content, type=AuthorityDocument)
    assert document == AuthorityDocument("ca", ["signer"])


def test_joining_again_after_a_lost_answer_gives_the_same_install(door: Door) -> None:
    computer, token = Computer(door), door.token()
    first = computer.join(token)
    assert first.status_code == 201
    door.clock.advance(8 * 86_400)
    assert computer.join(token).content == first.content
    assert len(door.registry.installs()) == 1


def test_the_same_receipt_again_changes_nothing(door: Door) -> None:
    computer = door.computer()
    door.clock.advance(1)
    document = computer.receipt_for(Tier.BASIC).sign(computer.key)
    first = computer.put(document)
    door.clock.advance(3600)
    again = computer.put(document)
    assert (again.status_code, again.content) == (200, first.content)
    held = door.registry.consent(door.registry.install(computer.install).number)
    assert held is not None
    assert held.document == document


def test_an_envelope_may_come_under_any_header_spelling(door: Door) -> None:
    computer = door.computer()
    body = computer.body(batch("services", services("a")))
    headers = computer.headers("POST", protocol.ENVELOPES, protocol.ENVELOPE, body)
    answer = computer.post(body, {name.title(): value for name, value in headers.items()})
    assert answer.status_code == 202
    assert msgspec.json.decode(answer.content, type=EnvelopeAnswer).accepted == {"services": 1}


def test_a_registry_that_cannot_be_used_is_503_and_told_to_the_operator(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise StoreUnusable("the disk is full", "free some space")

    monkeypatch.setattr(Registry, "register", full)
    with caplog.at_level(logging.ERROR):
        answer = Computer(door).join(door.token())
    assert (answer.status_code, reason(answer)) == (503, Refusal.UNAVAILABLE)
    assert answer.headers["retry-after"] == "30"
    assert "disk" not in answer.text
    assert door.counted("vedette_requests_refused_total", reason="unavailable") == 1
    (record,) = [r for r in caplog.records if r.name == "vedette.ingest.web"]
    assert record.getMessage() == "a request could not be stored"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v2/envelopes", 404), ("GET", protocol.ENVELOPES, 405), ("POST", "/metrics", 405)],
)
def test_what_there_is_not_is_problem_details_too(
    door: Door, method: str, path: str, status: int
) -> None:
    answer = door.client.request(method, path)
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert (answer.status_code, problem.status) == (status, status)
    assert problem.reason == f"http_{status}"


def test_metrics_name_nothing_that_came_in_a_report(door: Door) -> None:
    computer = door.computer()
    odd = Batch('x"} 1\nanna{a="', ["anna"], [column([1])])
    assert computer.send(computer.body(odd, batch("services", services("anna")))).is_success
    text = door.client.get("/metrics").text
    assert "anna" not in text
    assert 'vedette_rows_refused_total{item="unknown",reason="unknown_item"} 1.0' in text
    for each in Refusal:
        assert f'vedette_requests_refused_total{{reason="{each}"}} 0.0' in text
    assert computer.install not in text


# Where a joining computer comes from


def scope(peer: str | None, *forwarded: str) -> Request[Any, Any, Any]:
    return Request(
        {
            "type": "http",
            "client": None if peer is None else (peer, 1),
            "headers": [(b"x-forwarded-for", each.encode()) for each in forwarded],
        }  # type: ignore[arg-type]
    )


PEER = "192.0.2.9"
ADDRESSES: list[tuple[list[str], str]] = [
    ([], PEER),
    (["203.0.113.5"], "203.0.113.5"),
    (["198.51.100.1, 203.0.113.5"], "203.0.113.5"),  # only the last is the proxy's own word
    (["198.51.100.1", "203.0.113.5"], "203.0.113.5"),
    (["203.0.113.5:4711"], "203.0.113.5"),
    (["2001:db8::1"], "2001:db8::1"),
    (["[2001:db8::1]"], "2001:db8::1"),
    (["[2001:db8::1]:4711"], "2001:db8::1"),
    (["unknown"], PEER),
    (["198.51.100.1, "], PEER),
    (["203.0.113.5, _hidden"], PEER),
    (["x" * 5000], PEER),
]


@pytest.mark.parametrize(("forwarded", "address"), ADDRESSES)
def test_the_address_that_a_trusted_proxy_names(forwarded: list[str], address: str) -> None:
    assert client_address(scope(PEER, *forwarded), trust_forwarded=True) == address
    assert client_address(scope(PEER, *forwarded), trust_forwarded=False) == PEER


@pytest.mark.parametrize("peer", [None, "", "unix", "testclient"])
def test_a_peer_without_an_address_is_nowhere(peer: str | None) -> None:
    assert client_address(scope(peer), trust_forwarded=True) == "0.0.0.0"


@pytest.mark.parametrize("trusted", [True, False])
def test_joining_keeps_the_keyed_hash_of_where_it_came_from(tmp_path: Path, trusted: bool) -> None:
    with opened(tmp_path, settings=IngestSettings(trust_forwarded=trusted)) as door:
        computer = Computer(door)
        body = msgspec.json.encode(JoinRequest(door.token(), computer.key.public.raw, "x"))
        headers = computer.headers(
            "POST", protocol.INSTALLS, protocol.JSON, body, keyid=computer.key.public.thumbprint
        )
        headers["x-forwarded-for"] = "203.0.113.5"
        answer = door.client.post(protocol.INSTALLS, content=body, headers=headers)
        kept = door.registry.install(answer.json()["install"]).prefix_hash
        assert (kept == prefix_hash("203.0.113.99", KEY)) is trusted


# The OpenAPI document


@pytest.fixture
def document(door: Door) -> dict[str, Any]:
    return door.document()


ROUTES: list[tuple[str, str, str, int, str | None]] = [
    ("get", protocol.AUTHORITY, "AuthorityDocument", 200, None),
    ("post", protocol.INSTALLS, "JoinAnswer", 201, protocol.JSON),
    ("put", protocol.CONSENT, "ConsentAnswer", 200, protocol.RECEIPT),
    ("post", protocol.ENVELOPES, "EnvelopeAnswer", 202, protocol.ENVELOPE),
]


@pytest.mark.parametrize(("method", "path", "answer", "status", "body"), ROUTES)
def test_the_document_says_what_is_sent_and_answered(
    document: dict[str, Any], method: str, path: str, answer: str, status: int, body: str | None
) -> None:
    operation = document["paths"][path][method]
    assert operation["summary"]
    own = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    assert own["$ref"].endswith(answer)
    if body is None:
        return
    assert operation["requestBody"]["required"]
    assert list(operation["requestBody"]["content"]) == [body]
    signing = {each["name"]: each for each in operation["parameters"]}
    assert signing.keys() == {"Content-Digest", "Signature-Input", "Signature"}
    assert all(each["in"] == "header" and each["required"] for each in signing.values())


def test_the_document_lists_all_routes(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {path: set(each) for path, each in document["paths"].items()} == {
        path: {method} for method, path, *_ in ROUTES
    }


def test_the_document_lists_every_refusal_under_its_status(document: dict[str, Any]) -> None:
    found = set()
    for method, path, *_ in ROUTES[1:]:
        for status, response in document["paths"][path][method]["responses"].items():
            if int(status) < 400:
                continue
            (media_type,) = response["content"]
            assert media_type == "application/problem+json"
            schema = response["content"][media_type]["schema"]
            assert schema["$ref"].endswith("Problem")
            words = {each for each in Refusal if f"`{each}`" in response["description"]}
            assert words
            assert {each.status for each in words} == {int(status)}
            found |= words
    assert found == {*Refusal}


def test_the_document_knows_the_request_to_join(document: dict[str, Any]) -> None:
    operation = document["paths"][protocol.INSTALLS]["post"]
    schema = operation["requestBody"]["content"][protocol.JSON]["schema"]
    assert tuple(schema["properties"]) == JoinRequest.__struct_fields__
    assert tuple(schema["required"]) == JoinRequest.__struct_fields__
