"""docs/PROTOCOL.md says what the code does: its tables, its figures, and an example that verifies."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vedette.clock import micros
from vedette.crypto.keys import PublicKey, SigningKey
from vedette.crypto.signatures import sign_request, verify_request
from vedette.facts import codec, envelope, kinds, remote, schema, web
from vedette.facts.envelope import Batch, Envelope
from vedette.facts.kinds import Day, Hour, Moment
from vedette.facts.schema import ItemRefusal
from vedette.ingest.settings import IngestSettings
from vedette.statement.consent import MAX_RECEIPT, Receipt
from vedette.verdicts.stream import SILENCE
from vedette.verdicts.verdict import Verdict
from vedette.wire import protocol
from vedette.wire.protocol import EnvelopeAnswer, JoinRequest, RefusedItem
from vedette.wire.refusals import Problem, Refusal

DOCUMENT = (Path(__file__).parents[3] / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")

# RFC 8032, section 7.1, test 1: a key that everybody knows.
SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(SECRET))
URL = "https://vedette.example/v1/installs"
CREATED = datetime(2026, 11, 24, 12, tzinfo=UTC)
BODY = msgspec.json.encode(JoinRequest("example-token", KEY.public.raw, "example/1"))


def example() -> str:
    """The request of the worked example, as it stands in the document."""
    signature = sign_request(
        "POST",
        URL,
        protocol.JSON,
        BODY,
        key=KEY,
        keyid=KEY.public.thumbprint,
        created=CREATED,
        nonce="example-nonce",
    )
    names = {"content-type": protocol.JSON, **signature}
    lines = [f"{name.title()}: {value}" for name, value in names.items()]
    head = ["POST /v1/installs HTTP/1.1", "Host: vedette.example", *lines]
    return "\n".join([*head, "", BODY.decode()])


def refusals() -> str:
    """The table of refusals."""
    rows = [f"| `{each}` | {each.status} | {each.advice} |" for each in Refusal]
    return "\n".join(["| reason | status | what to do |", "|---|---|---|", *rows])


def _blocks() -> list[str]:
    return re.findall(r"^```http\n(.*?)\n```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def test_the_document_is_short() -> None:
    lines = DOCUMENT.splitlines()
    assert len(lines) <= 150


def test_the_example_is_what_is_sent() -> None:
    assert _blocks()[0] == example()


def test_the_example_verifies_as_it_stands() -> None:
    """Read as an integrator would, with nothing of the code but the check itself."""
    head, _, body = _blocks()[0].partition("\n\n")
    request, *lines = head.split("\n")
    method, path, _ = request.split(" ")
    headers = {
        name.lower(): value for name, value in (line.split(": ", maxsplit=1) for line in lines)
    }
    key = PublicKey.from_bytes(msgspec.json.decode(body, type=JoinRequest).public_key)
    url = f"https://{headers['host']}{path}"
    claims = verify_request(method, url, headers, body.encode(), key)
    assert (claims.keyid, claims.created) == (key.thumbprint, CREATED)
    assert SECRET.hex() in DOCUMENT


def test_the_signature_base_is_that_of_the_example() -> None:
    (base,) = re.findall(r"^```text\n(\"@method\".*?)\n```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    signature = re.search(r"^Signature: vedette=:(.*):$", _blocks()[0], re.MULTILINE)
    assert signature
    KEY.public.verify(base64.b64decode(signature[1]), base.encode())


def test_the_table_of_refusals_is_the_vocabulary() -> None:
    assert refusals() in DOCUMENT


def test_every_reason_of_an_item_is_explained() -> None:
    section = DOCUMENT.partition("## What is refused of an envelope")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \| .", section, re.MULTILINE) == [*ItemRefusal]


def test_every_kind_of_value_is_described() -> None:
    section = DOCUMENT.partition("## Envelopes")[2].partition("\n## ")[0]
    described = set(re.findall(r"`([A-Z][A-Za-z0-9]+)`", section))
    assert described == {
        name
        for module in (kinds, remote, web)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, kinds.Kind) and hasattr(kind, "wire")
    }


@pytest.mark.parametrize(
    "message",
    [JoinRequest, EnvelopeAnswer, RefusedItem, Problem, Receipt, Envelope, Batch, Verdict],
)
def test_every_field_of_a_message_is_named(message: type[msgspec.Struct]) -> None:
    assert [name for name in message.__struct_fields__ if f"`{name}`" not in DOCUMENT] == []


@pytest.mark.parametrize(
    "path",
    [
        protocol.AUTHORITY,
        protocol.INSTALLS,
        protocol.CONSENT,
        protocol.ENVELOPES,
        protocol.URGENT,
        protocol.ENVELOPE,
        protocol.RECEIPT,
    ],
)
def test_every_place_and_type_is_named(path: str) -> None:
    assert f"`{path}`" in DOCUMENT or f" {path}`" in DOCUMENT


FIGURES = {
    "seconds that a request's time may be off": f"{IngestSettings().freshness:.0f} seconds",
    "largest body": f"{codec.MAX_BODY >> 20} MiB",
    "largest unpacked": f"{codec.MAX_UNPACKED >> 20} MiB unpacked",
    "batches": f"{envelope.MAX_BATCHES} batches",
    "fields": f"{envelope.MAX_FIELDS} fields",
    "rows": f"{schema.MAX_ROWS:,} rows",
    "times behind": f"{schema.TIME_BEHIND.days} days",
    "receipt": f"{MAX_RECEIPT >> 10} KiB",
    "silence": f"{SILENCE:.0f} seconds",
}


@pytest.mark.parametrize("figure", FIGURES)
def test_figures_are_those_of_the_code(figure: str) -> None:
    assert FIGURES[figure] in DOCUMENT


def test_times_travel_as_the_document_says() -> None:
    assert Moment(CREATED).value == micros(CREATED) // 1_000_000
    assert Hour(CREATED).value == micros(CREATED) // 3_600_000_000
    assert Day(CREATED).value == micros(CREATED) // 86_400_000_000
