"""Join strings: whole, and damaged in every way that pasting, typing or malice can."""

from __future__ import annotations

import base64
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ConfigurationError
from vedette.wire.join import JoinString

GOOD = JoinString(
    address="https://network.example:8443",
    token="t0ken",
    fingerprint="ab" * 32,
    controller="Example Organisation",
    contact="privacy@example.test",
)
TEXT = GOOD.encode()


def changed(**fields: object) -> str:
    return wrapped(msgspec.json.encode({**msgspec.to_builtins(GOOD), **fields}))


def wrapped(content: bytes) -> str:
    return "vedette1." + base64.urlsafe_b64encode(content).rstrip(b"=").decode()


SHOWN = st.text(st.characters(codec="utf-8"), max_size=40).filter(str.isprintable)


@given(token=SHOWN, controller=SHOWN, contact=SHOWN)
def test_round_trip(token: str, controller: str, contact: str) -> None:
    made = msgspec.structs.replace(GOOD, token=token, controller=controller, contact=contact)
    assert JoinString.decode(made.encode()) == made
    assert JoinString.decode(f"  {made.encode()}\n") == made


DAMAGE: dict[str, Callable[[], str]] = {
    "empty": str,
    "something else": lambda: "hello",
    "another version": lambda: TEXT.replace("vedette1", "vedette2"),
    "prefix in capitals": TEXT.upper,
    "prefix alone": lambda: "vedette1.",
    "cut": lambda: TEXT[:-1],
    "cut in the middle": lambda: TEXT[: len(TEXT) // 2],
    "doubled": lambda: TEXT + TEXT,
    "trailing": lambda: TEXT + "AAAA",
    "broken by a line": lambda: TEXT[:40] + "\n" + TEXT[40:],
    "broken by a space": lambda: TEXT[:40] + " " + TEXT[40:],
    "not base64": lambda: "vedette1.***",
    "not ASCII": lambda: TEXT[:-1] + "\N{CYRILLIC SMALL LETTER A}",
    "not JSON": lambda: wrapped(b"hello"),
    "not UTF-8": lambda: wrapped(b'{"address": "\xff"}'),
    "nested deeply": lambda: wrapped(b'{"address":' + b"[" * 2000),
    "not an object": lambda: wrapped(b"[]"),
    "a field missing": lambda: wrapped(b'{"address": "https://network.example"}'),
    "a field too many": lambda: changed(extra=1),
    "a field of another type": lambda: changed(token=1),
    "too long": lambda: changed(controller="x" * 4096),
    "address no URL": lambda: changed(address="network.example"),
    "address of another scheme": lambda: changed(address="file:///etc/passwd"),
    "address without a host": lambda: changed(address="https://"),
    "address half a bracket": lambda: changed(address="https://[::1"),
    "address with a path": lambda: changed(address="https://network.example/x"),
    "address with a query": lambda: changed(address="https://network.example?x"),
    "address with a fragment": lambda: changed(address="https://network.example#x"),
    "address with a user": lambda: changed(address="https://user:word@network.example"),
    "address with a port of nothing": lambda: changed(address="https://network.example:99999"),
    "fingerprint too short": lambda: changed(fingerprint="ab" * 31),
    "fingerprint in capitals": lambda: changed(fingerprint="AB" * 32),
    "fingerprint no digits": lambda: changed(fingerprint="zz" * 32),
    "fingerprint with a line": lambda: changed(fingerprint="ab" * 32 + "\n"),
    "controller that moves the cursor": lambda: changed(controller="\x1b[2JTrust me"),
    "contact with a line": lambda: changed(contact="a\nb"),
    "controller written from the right": lambda: changed(controller="\u202eevil"),
    "token with a line": lambda: changed(token="a\r\nb"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_refuses(damage: str) -> None:
    with pytest.raises(ConfigurationError):
        JoinString.decode(DAMAGE[damage]())


@given(text=st.text(max_size=60))
def test_any_text_is_a_join_string_or_refused(text: str) -> None:
    for candidate in (text, "vedette1." + text):
        with pytest.raises(ConfigurationError):
            JoinString.decode(candidate)


def test_the_damaged_ones_differ_from_what_is_taken() -> None:
    assert JoinString.decode(changed()) == GOOD
    plain = "http://127.0.0.1:8080/"
    assert JoinString.decode(changed(address=plain)).address == plain


def test_errors_do_not_tell_what_was_in_it() -> None:
    with pytest.raises(ConfigurationError) as error:
        JoinString.decode(changed(fingerprint="secret"))
    assert "t0ken" not in str(error.value)
    assert "secret" not in str(error.value)
