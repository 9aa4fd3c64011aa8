"""Signed requests: a table of attacks on them, and the profile held against a general library."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.clock import SystemClock
from vedette.crypto.keys import SigningKey
from vedette.crypto.signatures import (
    Claims,
    content_digest,
    read_signature,
    sign_request,
    stated_digest,
    verify_request,
)
from vedette.errors import SignatureInvalid

RAW = Ed25519PrivateKey.generate()
KEY = SigningKey(RAW)
CREATED = datetime(2026, 11, 24, 12, tzinfo=UTC)
COVERED = ("@method", "@authority", "@path", "@query", "content-digest", "content-type")


@dataclass
class Signed:
    """A request with its signature; the shape that the library wants as well."""

    method: str = "POST"
    url: str = "https://network.example/v1/envelopes?part=1"
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b"content"

    def sign(
        self,
        *,
        key: SigningKey = KEY,
        keyid: str = "install-1",
        created: datetime = CREATED,
        nonce: str = "first",
    ) -> Signed:
        added = sign_request(
            self.method,
            self.url,
            self.headers["content-type"],
            self.body,
            key=key,
            keyid=keyid,
            created=created,
            nonce=nonce,
        )
        return replace(self, headers={**self.headers, **added})

    def verify(self) -> Claims:
        return verify_request(self.method, self.url, self.headers, self.body, KEY.public)

    def said(self, name: str, change: Callable[[str], str]) -> Signed:
        return replace(self, headers={**self.headers, name: change(self.headers[name])})

    def without(self, name: str) -> Signed:
        return replace(self, headers={k: v for k, v in self.headers.items() if k != name})


GOOD = Signed().sign()


def renamed(old: str, new: str) -> Signed:
    """Changes the signature's parameters and leaves the signature as it was."""
    assert old in GOOD.headers["signature-input"]
    return GOOD.said("signature-input", lambda value: value.replace(old, new))


def signed_over(old: str, new: str) -> Signed:
    """Signs other parameters with the right key: only the profile stands against it."""
    changed = renamed(old, new)
    parameters = changed.headers["signature-input"].partition("=")[2]
    digest = changed.headers["content-digest"]
    lines = {
        '"@method"': "POST",
        '"@authority"': "network.example",
        '"@path"': "/v1/envelopes",
        '"@query"': "?part=1",
        '"content-digest"': digest,
        '"content-type"': "application/json",
    }
    covered = parameters[1 : parameters.index(")")].split()
    base = [f"{name}: {lines.get(name, '')}" for name in covered]
    base.append(f'"@signature-params": {parameters}')
    signature = base64.b64encode(RAW.sign("\n".join(base).encode())).decode()
    return changed.said("signature", lambda _: f"vedette=:{signature}:")


def _twice(name: str) -> Signed:
    return GOOD.said(name, lambda value: f"{value}, {value}")


def _second(name: str) -> Signed:
    return GOOD.said(name, lambda value: f"{value}, other{value.removeprefix('vedette')}")


def _bits_after_the_end(value: str) -> str:
    """The same 64 bytes in base64 whose unused bits are not zero."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = value[-4]
    return value[:-4] + alphabet[alphabet.index(last) + 1] + "==:"


ATTACKS: dict[str, Callable[[], Signed]] = {
    "method changed": lambda: replace(GOOD, method="PUT"),
    "method in lower case": lambda: replace(GOOD, method="post"),
    "method with a line": lambda: replace(GOOD, method="POST\nX"),
    "path changed": lambda: replace(GOOD, url=GOOD.url.replace("envelopes", "consent")),
    "path longer": lambda: replace(GOOD, url=GOOD.url.replace("?", "/?")),
    "path encoded": lambda: replace(GOOD, url=GOOD.url.replace("envelopes", "%65nvelopes")),
    "query changed": lambda: replace(GOOD, url=GOOD.url.replace("part=1", "part=2")),
    "query dropped": lambda: replace(GOOD, url=GOOD.url.partition("?")[0]),
    "fragment added": lambda: replace(GOOD, url=GOOD.url + "#x"),
    "authority changed": lambda: replace(GOOD, url=GOOD.url.replace("example", "evil")),
    "port added": lambda: replace(GOOD, url=GOOD.url.replace(".example", ".example:8443")),
    "user added": lambda: replace(GOOD, url=GOOD.url.replace("network.", "user@network.")),
    "tab inside the URL": lambda: replace(GOOD, url=GOOD.url.replace("envelopes", "env\telopes")),
    "line inside the URL": lambda: replace(GOOD, url=GOOD.url.replace("envelopes", "env\nelopes")),
    "space before the URL": lambda: replace(GOOD, url=" " + GOOD.url),
    "not ASCII in the URL": lambda: replace(GOOD, url=GOOD.url + "\N{EURO SIGN}"),
    "no URL": lambda: replace(GOOD, url=""),
    "body changed": lambda: replace(GOOD, body=b"Content"),
    "body longer": lambda: replace(GOOD, body=b"content\n"),
    "body and digest changed": lambda: replace(GOOD, body=b"other").said(
        "content-digest", lambda _: content_digest(b"other")
    ),
    "digest missing": lambda: GOOD.without("content-digest"),
    "digest of another kind": lambda: GOOD.said(
        "content-digest", lambda value: value.replace("sha-256", "sha-512")
    ),
    "digest said twice": lambda: _twice("content-digest"),
    "digest with a line": lambda: GOOD.said("content-digest", lambda value: value + "\nx: y"),
    "digest a lone surrogate": lambda: GOOD.said("content-digest", lambda _: "\udcff"),
    "content type changed": lambda: GOOD.said("content-type", lambda _: "text/plain"),
    "content type missing": lambda: GOOD.without("content-type"),
    "content type with a line": lambda: GOOD.said(
        "content-type", lambda value: f'{value}\n"@signature-params": ()'
    ),
    "content type with a NUL": lambda: GOOD.said("content-type", lambda value: value + "\0"),
    "content type not ASCII": lambda: GOOD.said("content-type", lambda value: value + "\xa0"),
    "created changed": lambda: renamed("created=", "created=1"),
    "created removed": lambda: signed_over(f";created={int(CREATED.timestamp())}", ""),
    "created quoted": lambda: signed_over("created=1", 'created="1";x=1'),
    "created before all time": lambda: signed_over("created=", "created=-"),
    "created after all time": lambda: signed_over("created=", "created=99999"),
    "created with a fraction": lambda: signed_over(";nonce", ".5;nonce"),
    "nonce removed": lambda: signed_over(';nonce="first"', ""),
    "nonce changed": lambda: renamed("first", "twice"),
    "nonce empty": lambda: signed_over('"first"', '""'),
    "nonce a number": lambda: signed_over('"first"', "1"),
    "nonce endless": lambda: signed_over("first", "o" * 129),
    "nonce with a control character": lambda: signed_over("first", "fir\tst"),
    "keyid removed": lambda: signed_over(';keyid="install-1"', ""),
    "keyid changed": lambda: renamed("install-1", "install-2"),
    "alg other": lambda: signed_over("ed25519", "hmac-sha256"),
    "alg none": lambda: signed_over("ed25519", "none"),
    "alg removed": lambda: signed_over(';alg="ed25519"', ""),
    "alg a number": lambda: signed_over('"ed25519"', "1"),
    "tag other": lambda: signed_over('tag="vedette"', 'tag="other"'),
    "tag removed": lambda: signed_over(';tag="vedette"', ""),
    "expires added": lambda: signed_over(";nonce", ";expires=9999999999;nonce"),
    "unknown parameter added": lambda: signed_over(";nonce", ';x="y";nonce'),
    "flag added": lambda: signed_over(";nonce", ";flag;nonce"),
    "parameter twice": lambda: signed_over(";nonce", ';nonce="x";nonce'),
    "created twice": lambda: signed_over(";nonce", ";created=1;nonce"),
    "space between parameters": lambda: signed_over(";nonce", "; nonce"),
    "parameters trailing": lambda: signed_over('tag="vedette"', 'tag="vedette" '),
    "label other": lambda: renamed("vedette=(", "sig1=("),
    "label other on both": lambda: renamed("vedette=(", "sig1=(").said(
        "signature", lambda value: value.replace("vedette", "sig1")
    ),
    "two signatures": lambda: _second("signature").said(
        "signature-input", lambda _: _second("signature-input").headers["signature-input"]
    ),
    "two inputs": lambda: _second("signature-input"),
    "two signature values": lambda: _second("signature"),
    "input twice": lambda: _twice("signature-input"),
    "signature twice": lambda: _twice("signature"),
    "component dropped": lambda: signed_over(' "@query"', ""),
    "digest not covered": lambda: signed_over(' "content-digest"', ""),
    "nothing covered": lambda: signed_over(" ".join(f'"{component}"' for component in COVERED), ""),
    "component reordered": lambda: signed_over('"@path" "@query"', '"@query" "@path"'),
    "component twice": lambda: signed_over('"@path"', '"@path" "@path"'),
    "component added": lambda: signed_over('"content-type")', '"content-type" "date")'),
    "component with a parameter": lambda: signed_over('"content-digest"', '"content-digest";sf'),
    "another key": lambda: Signed().sign(key=SigningKey.generate()),
    "unsigned": Signed,
    "signature missing": lambda: GOOD.without("signature"),
    "signature input missing": lambda: GOOD.without("signature-input"),
    "signature truncated": lambda: GOOD.said("signature", lambda value: value[:-5] + ":"),
    "signature cut to whole bytes": lambda: GOOD.said("signature", lambda value: value[:-5] + "=:"),
    "signature without its end": lambda: GOOD.said("signature", lambda value: value[:-1]),
    "signature with trailing bytes": lambda: GOOD.said("signature", lambda value: value + "AAAA"),
    "signature too long": lambda: GOOD.said("signature", lambda value: value[:-1] + "AAAA:"),
    "signature not base64": lambda: GOOD.said("signature", lambda _: "vedette=:" + "*" * 88 + ":"),
    "signature not ASCII": lambda: GOOD.said(
        "signature", lambda _: "vedette=:" + "\xe9" * 88 + ":"
    ),
    "signature spelled otherwise": lambda: GOOD.said("signature", _bits_after_the_end),
    "signature of zeros": lambda: GOOD.said(
        "signature", lambda _: f"vedette=:{base64.b64encode(bytes(64)).decode()}:"
    ),
    "signature with a line": lambda: GOOD.said("signature", lambda value: value + "\n"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_refuses(attack: str) -> None:
    with pytest.raises(SignatureInvalid):
        ATTACKS[attack]().verify()


def test_the_attacks_differ_from_what_is_accepted() -> None:
    assert GOOD.verify() == Claims("install-1", CREATED, "first")
    # The table's own means of signing other parameters: with the same ones it makes a good signature.
    assert signed_over("first", "first").verify() == GOOD.verify()
    assert signed_over("first", "another").verify().nonce == "another"


def test_the_digest_is_stated_once_for_all_who_need_it() -> None:
    body = b"some content"
    assert stated_digest({"content-digest": content_digest(body)}) == hashlib.sha256(body).digest()


def test_claims_can_be_read_before_they_are_verified() -> None:
    assert read_signature(GOOD.headers) == GOOD.verify()
    with pytest.raises(SignatureInvalid):
        read_signature({})


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://network.example/a", "https://NETWORK.example:443/a"),
        ("http://network.example/a", "http://network.example:80/a?"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://network.example", "https://network.example/?"),
    ],
)
def test_spellings_that_mean_the_same(url: str, same: str) -> None:
    assert replace(replace(GOOD, url=url).sign(), url=same).verify() == GOOD.verify()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": 'a"b'},
        {"nonce": ""},
        {"nonce": "line\nline"},
        {"keyid": ""},
        {"keyid": "back\\slash"},
        {"keyid": "\N{EURO SIGN}"},
    ],
    ids=repr,
)
def test_what_nobody_would_accept_is_not_signed(wrong: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        Signed().sign(**wrong)  # type: ignore[arg-type]


VISIBLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters='"\\')
TEXTS = st.text(VISIBLE, min_size=1, max_size=40)
SEGMENTS = st.text("abcXYZ019-._~!$&'()*+,;=:@", max_size=8)
AUTHORITIES = st.builds(
    "{}{}".format,
    st.sampled_from(["network.example", "NETWORK.example", "127.0.0.1", "[2001:db8::1]"]),
    st.sampled_from(["", ":443", ":80", ":8443"]),
)
URLS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http"]),
    AUTHORITIES,
    st.lists(SEGMENTS).map(lambda parts: "".join(f"/{part}" for part in parts)),
    st.one_of(st.just(""), SEGMENTS.map("?{}".format)),
)
REQUESTS = st.builds(
    Signed,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    url=URLS,
    headers=TEXTS.map(str.strip).filter(bool).map(lambda kind: {"content-type": kind}),
    body=st.binary(max_size=200),
)
RESOLVER = MappingKeyResolver(
    public_keys={"install-1": RAW.public_key()}, private_keys={"install-1": RAW}
)
SIGNER = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER)
VERIFIER = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=RESOLVER)


def _now() -> datetime:
    # The library asks the system's clock whether a signature is from the future.
    return SystemClock().now().replace(microsecond=0)


@given(request=REQUESTS, nonce=TEXTS)
def test_what_is_signed_here_the_library_verifies(request: Signed, nonce: str) -> None:
    created = _now()
    (result,) = VERIFIER.verify(
        request.sign(created=created, nonce=nonce),
        expect_tag="vedette",
        expect_label="vedette",
        require_components=COVERED,
        body=request.body,
    )
    assert result.nonce == nonce
    assert result.parameters["created"] == int(created.timestamp())


@given(request=REQUESTS, nonce=TEXTS)
def test_what_the_library_signs_in_this_profile_is_verified_here(
    request: Signed, nonce: str
) -> None:
    created = _now()
    request.headers["content-digest"] = content_digest(request.body)
    SIGNER.sign(
        request,
        key_id="install-1",
        created=created,
        nonce=nonce,
        label="vedette",
        tag="vedette",
        covered_component_ids=COVERED,
        use_existing_digest=True,
    )
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert replace(request, headers=headers).verify() == Claims("install-1", created, nonce)


def _accepted_by_the_library(request: Signed) -> bool:
    try:
        VERIFIER.verify(
            request,
            max_age=None,
            expect_tag="vedette",
            require_components=COVERED,
            body=request.body,
        )
    except (InvalidSignature, ValueError):
        return False
    return True


@given(data=st.data())
@settings(max_examples=300)
def test_what_the_library_refuses_is_never_accepted_here(data: st.DataObject) -> None:
    """One character changed anywhere in what is signed: here at least as strict as there."""
    good = Signed().sign(created=_now())
    name = data.draw(st.sampled_from(["method", "url", *good.headers]))
    value = good.headers.get(name) or str(getattr(good, name))
    place = data.draw(st.integers(0, len(value)))
    drop = data.draw(st.integers(0, 1))
    new = value[:place] + data.draw(st.text(VISIBLE, max_size=2)) + value[place + drop :]
    request = good.said(name, lambda _: new) if name in good.headers else replace(good)
    if name not in good.headers:
        setattr(request, name, new)
    try:
        request.verify()
    except SignatureInvalid:
        return
    assert _accepted_by_the_library(request)


def test_the_library_is_given_the_same_key() -> None:
    assert isinstance(RAW.public_key(), Ed25519PublicKey)
    assert KEY.public.raw == RAW.public_key().public_bytes_raw()
