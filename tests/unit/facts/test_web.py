"""Web addresses: what is left of them, and what is not, however it is written."""

from __future__ import annotations

import time
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ValueRefused
from vedette.facts.privacy import NOTHING_PRIVATE, PrivateNames
from vedette.facts.web import MAX_URL, Url

PRIVATE = PrivateNames(
    users=frozenset({"canary", "müller", "Anna Maria"}),
    homes=frozenset({"/data/people/canary"}),
    computers=frozenset({"workhorse"}),
)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ("https://example.org/a/tool.exe", "https://example.org/a/tool.exe"),
        (" HTTPS://Example.ORG\n", "https://example.org/"),
        ("https://example.org:8443/x", "https://example.org:8443/x"),
        ("https://example.org:443/x", "https://example.org/x"),
        ("http://example.org:443/x", "http://example.org:443/x"),
        ("https://me:secret@example.org/x?token=1#part", "https://example.org/x"),
        ("https://me:p@ss@example.org/x", "https://example.org/x"),
        ("ftp://me@example.org/x;type=i", "ftp://example.org/x"),
        ("https://example.org/x;jsessionid=1/y%3Btoken=2", "https://example.org/x/y"),
        ("https://example.org/go/https%3A//other.org/%3Ftoken=1", "https://example.org/go/https://other.org/"),
        ("https://example.org/go/%253Ftoken=1", "https://example.org/go/"),
        ("https:\\\\example.org\\a\\b", "https://example.org/a/b"),
        ("https:example.org/x", "https://example.org/x"),
        ("https://example.org./x", "https://example.org/x"),
        ("https://%65xample.org/x", "https://example.org/x"),
        ("https://192.0.2.7/x", "https://192.0.2.7/x"),
        ("https://[2001:DB8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
        ("https://server/x", "https://<internal>/x"),
        ("https://nas.fritz.box:5001/x", "https://<internal>:5001/x"),
        ("https://10.1.2.3/x", "https://<internal>/x"),
        ("http://0x7f.1/x", "http://<internal>/x"),
        ("http://2130706433/x", "http://<internal>/x"),
        ("http://[::ffff:192.168.1.2]/x", "http://<internal>/x"),
        ("http://[fe80::1%25eth0]/x", "http://<internal>/x"),
        ("data:application/octet-stream;base64,c2VjcmV0", "data:"),
        ("file:///home/canary/tool.exe", "file:"),
        ("blob:https://example.org/0f8e", "blob:"),
        ("about:internet", "about:"),
        ("magnet:?xt=urn:btih:1", "magnet:"),
        ("https://canary.example.org/x", "https://<user>.example.org/x"),
        ("https://workhorse.example.org/x", "https://<computer>.example.org/x"),
        ("https://xn--mller-kva.example/x", "https://<user>.example/x"),
        ("https://example.org/~canary/x", "https://example.org/~<user>/x"),
        ("https://example.org/c%61nary/x", "https://example.org/<user>/x"),
        ("https://example.org/c%2561nary/x", "https://example.org/<user>/x"),
        ("https://example.org/M%FCller.exe", "https://example.org/<user>.exe"),
        ("https://example.org/M%C3%BCller.exe", "https://example.org/<user>.exe"),
        ("https://example.org/Anna+Maria.exe", "https://example.org/<user>.exe"),
        ("https://example.org/Anna%20Maria.exe", "https://example.org/<user>.exe"),
        ("https://example.org/a%40example.com", "https://example.org/<mail>"),
        ("https://example.org/home/somebody/x", "https://example.org/<home>/x"),
        ("https://example.org/%2Fdata%2Fpeople%2Fcanary/x", "https://example.org/<home>/x"),
        ("https://example.org/home/somebody/Documents/case 7/x", "https://example.org/<home>/Documents/%E2%80%A6"),
        ("https://example.org/a%20b.exe", "https://example.org/a%20b.exe"),
        ("https://example.org/@scope/tool", "https://example.org/@scope/tool"),
    ],
)  # fmt: skip
def test_what_is_told(raw: str, told: str) -> None:
    url = Url(raw, PRIVATE)
    assert url.value == told
    assert Url.fits([url.value])
    assert not Url.leaks([url.value])


@pytest.mark.parametrize(
    "raw",
    [
        *("", "no address", "example.org/x", "//example.org/x", "https://", "https:///?x"),
        *("https://user:pass@/x", "https://a:99999/x", "https://[::1/x", "https://a b.org/x"),
        *("https://1.2.3.4.5/x", "https://%00.org/x", "1https://example.org/"),
        "https://" + "a" * 300 + ".org/",
    ],
)
def test_what_is_no_address_is_refused(raw: str) -> None:
    with pytest.raises(ValueRefused):
        Url(raw, PRIVATE)


def test_a_long_one_keeps_its_host_and_the_name_of_the_file() -> None:
    url = Url("https://example.org/" + "folder/" * 400 + "tool.exe", PRIVATE).value
    assert len(url) <= MAX_URL
    assert url.startswith("https://example.org/…/folder/")
    assert url.endswith("/folder/tool.exe")
    unbroken = Url("https://example.org/" + "a" * 4000 + ".exe", PRIVATE).value
    assert len(unbroken) <= MAX_URL
    assert unbroken.endswith("a.exe")


def test_what_is_encoded_without_end_is_not_told() -> None:
    encoded = "canary"
    for _ in range(12):
        encoded = "".join(f"%{ord(character):02X}" for character in encoded)
    assert Url(f"https://example.org/{encoded}", PRIVATE).value == "https://example.org/…"


URLS = st.builds(
    "{}:{}{}{}".format,
    st.sampled_from(["https", "http", "ftp", "file", "data", "x+y"]),
    st.sampled_from(["", "//", "//me:secret@", "\\\\"]),
    st.one_of(
        st.sampled_from(["example.org", "example.org:81", "10.0.0.1", "[2001:db8::1]", "nas"]),
        st.text(max_size=12),
    ),
    st.one_of(
        st.text("/\\%?#;@<>….abcdef0123456789homeuserts", max_size=60).map("/{}".format),
        st.text(max_size=40).map("/{}".format),
        st.text(max_size=40).map(lambda text: "/" + quote(text, safe="", errors="ignore")),
    ),
)


def _told(raw: str) -> str | None:
    try:
        return Url(raw, PRIVATE).value
    except ValueRefused:
        return None


@given(raw=URLS)
def test_every_value_passes_the_network_s_own_search_and_stays_as_it_is(raw: str) -> None:
    if (told := _told(raw)) is None:
        return
    assert "secret" not in told
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(told), type=Url.wire) == told
    assert Url.fits([told])
    assert not Url.leaks([told])
    assert Url(told, PRIVATE).value == told


@given(
    before=st.text("abc/%.-", max_size=8),
    name=st.sampled_from(["canary", "müller", "workhorse"]),
    rounds=st.integers(0, 3),
    every=st.booleans(),
)
def test_a_name_does_not_survive_in_any_encoding(
    before: str, name: str, rounds: int, every: bool
) -> None:
    for _ in range(rounds):
        name = "".join(f"%{byte:02x}" for byte in name.encode()) if every else quote(name, safe="")
    told = _told(f"https://example.org/{before}/{name}/tool.exe")
    assert told is not None
    assert "canary" not in told.lower()
    assert "ller" not in told
    assert "workhorse" not in told


@pytest.mark.parametrize(
    "arrived",
    [
        *("https://example.org", "https://me@example.org/", "https://example.org/x?y"),
        *("https://example.org/x#y", "https://example.org/x;y", "https://nas/x", "https://10.0.0.1/"),
        *("https://[::1]/", "https://example.org/%3Fx", "https://example.org/home/anna/"),
        *("https://example.org/%2Fhome%2Fanna/", "https://example.org/a%40example.org", "https:"),
        *("data:text", "data://example.org/", "HTTPS://example.org/", "no address", ""),
        "https://example.org/<home>/Documents/case/x",
    ],
)  # fmt: skip
def test_what_was_not_shortened_does_not_get_in(arrived: str) -> None:
    assert not Url.fits([arrived]) or Url.leaks([arrived])


def test_hostile_addresses_take_no_time() -> None:
    began = time.perf_counter()
    for hostile in (
        "%25" * 100_000,
        "%" * 100_000,
        "/;" * 100_000,
        "@" * 100_000,
        "a%2525" * 50_000,
    ):
        _told("https://example.org/" + hostile)
        _told("https://" + hostile)
    assert time.perf_counter() - began < 2


def test_an_address_of_nobody_private_is_as_it_is() -> None:
    assert Url("https://example.org/Canary", NOTHING_PRIVATE).value == "https://example.org/Canary"
