"""Who is heard: the memory for nonces and installs, alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.crypto.keys import SigningKey
from vedette.crypto.signatures import Claims, sign_request
from vedette.errors import AdmissionError
from vedette.ingest.admission import Admission, Freshness, SignedRequest
from vedette.store.registry import InstallSnapshot
from vedette.testing.clock import ManualClock
from vedette.wire.refusals import Refusal

WINDOW = timedelta(seconds=300)
KEY = SigningKey.generate()
URL = "https://network.example/v1/envelopes"


def claims(clock: ManualClock, nonce: str, *, offset: float = 0, keyid: str = "i") -> Claims:
    created = (clock.now() + timedelta(seconds=offset)).replace(microsecond=0)
    return Claims(keyid, created, nonce)


def heard(freshness: Freshness, one: Claims) -> str | None:
    try:
        freshness.check_time(one)
        freshness.use(one)
    except AdmissionError as error:
        return error.reason
    return None


def test_a_nonce_belongs_to_its_key() -> None:
    clock = ManualClock()
    freshness = Freshness(clock, WINDOW)
    assert heard(freshness, claims(clock, "n", keyid="a")) is None
    assert heard(freshness, claims(clock, "n", keyid="b")) is None
    assert heard(freshness, claims(clock, "n", keyid="a")) == Refusal.REPLAYED


def test_what_is_remembered_is_bounded_and_said_to_be_so() -> None:
    clock = ManualClock()
    freshness = Freshness(clock, WINDOW, most=100)
    for number in range(100):
        assert heard(freshness, claims(clock, str(number))) is None
    with pytest.raises(AdmissionError) as refused:
        freshness.use(claims(clock, "one more"))
    assert (refused.value.reason, refused.value.retry_after) == (Refusal.BUSY, 300)
    assert heard(freshness, claims(clock, "7")) == Refusal.REPLAYED
    assert freshness.remembered() == 100


def test_nonces_are_forgotten_after_the_window() -> None:
    clock = ManualClock()
    freshness = Freshness(clock, WINDOW)
    for number in range(1000):
        assert heard(freshness, claims(clock, str(number))) is None
        clock.advance(10)
    # One every ten seconds, for two windows and a second at most.
    assert freshness.remembered() <= 62
    clock.advance(3 * 300)
    assert heard(freshness, claims(clock, "last")) is None
    assert freshness.remembered() == 1


@given(
    st.lists(
        st.tuples(
            st.floats(0, 400),  # time goes on
            st.integers(0, 5),  # which nonce
            st.floats(-350, 350),  # how wrong the sender's clock is
        ),
        max_size=40,
    )
)
def test_what_was_heard_is_never_heard_again(story: list[tuple[float, int, float]]) -> None:
    """Also where each earlier request is played again after each step."""
    clock = ManualClock()
    freshness = Freshness(clock, WINDOW)
    accepted: list[Claims] = []
    for passed, nonce, offset in story:
        clock.advance(passed)
        for earlier in accepted:
            assert heard(freshness, earlier) in {Refusal.REPLAYED, Refusal.STALE}
        one = claims(clock, str(nonce), offset=offset)
        if heard(freshness, one) is None:
            accepted.append(one)


class Registry:
    """Counts what is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.revoked = False
        self.written = False

    def snapshot(self, install: str) -> InstallSnapshot:
        self.asked.append(install)
        if install != "known":
            raise AdmissionError("unknown", "join", status=401, reason=Refusal.UNKNOWN_INSTALL)
        return InstallSnapshot(
            number=1,
            install=install,
            public_key=KEY.public.raw,
            revoked=self.revoked,
            organisation=None,
            managed=False,
            token=1,
            prefix_hash=b"",
            receipt=None,
            terms=None,
            tiers=frozenset(),
        )

    def changed(self) -> bool:
        written, self.written = self.written, False
        return written


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def freshness(clock: ManualClock) -> Freshness:
    return Freshness(clock, WINDOW)


@pytest.fixture
def admission(registry: Registry, freshness: Freshness) -> Admission:
    return Admission(registry.snapshot, registry, freshness)


_nonces = iter(range(1_000_000))


def request(clock: ManualClock, *, key: SigningKey = KEY, keyid: str = "known") -> SignedRequest:
    signing: dict[str, Any] = {"created": clock.now(), "nonce": str(next(_nonces))}
    signature = sign_request("POST", URL, "x/y", b"body", key=key, keyid=keyid, **signing)
    return SignedRequest("POST", URL, {"content-type": "x/y", **signature}, b"body")


def test_the_registry_is_read_again_when_it_was_written(
    admission: Admission, registry: Registry, clock: ManualClock
) -> None:
    for _ in range(3):
        assert admission.identify(request(clock)).snapshot.install == "known"
    assert registry.asked == ["known"]
    registry.revoked = registry.written = True
    with pytest.raises(AdmissionError) as refused:
        admission.identify(request(clock))
    assert refused.value.reason == Refusal.REVOKED_INSTALL
    assert registry.asked == ["known", "known"]


def test_what_is_refused_uses_no_nonce_up(
    admission: Admission, registry: Registry, freshness: Freshness, clock: ManualClock
) -> None:
    forged = SigningKey.generate()
    for one in (
        request(clock, key=forged),
        request(clock, keyid="unknown"),
        SignedRequest("POST", URL, request(clock).headers, b"other body"),
        SignedRequest("POST", URL, {}, b""),
    ):
        with pytest.raises(AdmissionError):
            admission.identify(one)
    registry.revoked = registry.written = True
    with pytest.raises(AdmissionError):
        admission.identify(request(clock))
    assert freshness.remembered() == 0


def test_installs_that_do_not_exist_are_not_remembered(
    admission: Admission, registry: Registry, clock: ManualClock
) -> None:
    for number in range(5):
        with pytest.raises(AdmissionError):
            admission.identify(request(clock, keyid=f"unknown{number}"))
    assert list(admission._known) == []


def test_a_key_is_identified_before_anybody_knows_it(
    admission: Admission, registry: Registry, freshness: Freshness, clock: ManualClock
) -> None:
    one = request(clock, keyid=KEY.public.thumbprint)
    found = admission.identify_key(one, KEY.public)
    assert registry.asked == []
    assert freshness.remembered() == 0
    admission.use(found)
    with pytest.raises(AdmissionError) as refused:
        admission.use(found)
    assert refused.value.reason == Refusal.REPLAYED
