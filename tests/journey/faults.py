"""Requests with one fault each, made from those of an install that is sound."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Final

import msgspec
import zstandard

from tests.journey.machines import CLOCK, Network
from vedette.crypto.keys import SigningKey
from vedette.facts.codec import MAX_BODY, MAX_UNPACKED
from vedette.statement.clauses import Tier, Wording
from vedette.statement.consent import GrantedBy
from vedette.statement.ledger import Grantee, Ledger
from vedette.statement.terms import current
from vedette.testing.clock import ManualClock
from vedette.testing.fleet import PRODUCT, Facts, SimulatedInstall, signed
from vedette.wire import protocol
from vedette.wire.http import Request
from vedette.wire.join import JoinString

FACTS: Final = Facts(20261124, CLOCK)


def invitation(network: Network, days: float = 1) -> JoinString:
    """As ``vedette network token`` makes it, in this process."""
    with closing(network.data.registry()) as registry:
        token = registry.mint_token("Example", False, CLOCK.now() + timedelta(days=days))
    return JoinString(network.address, token, network.data.fingerprint(), "A test", "nobody")


def body(install: SimulatedInstall) -> bytes:
    return install.envelope({"services": FACTS.services(2)})[1]


def unsigned(install: SimulatedInstall, _: Network) -> Request:
    return Request("POST", protocol.ENVELOPES, {"content-type": protocol.ENVELOPE}, body(install))


def other_content(install: SimulatedInstall, _: Network) -> Request:
    return replace(install.request(body(install)), body=body(install))


def other_key(install: SimulatedInstall, _: Network) -> Request:
    return replace(install, key=SigningKey.generate()).request(body(install))


def other_path(install: SimulatedInstall, _: Network) -> Request:
    return replace(install.request(body(install)), method="PUT", target=protocol.CONSENT)


def old(install: SimulatedInstall, _: Network) -> Request:
    clock = ManualClock(CLOCK.now() - timedelta(minutes=6))
    return replace(install, clock=clock).request(body(install))


def early(install: SimulatedInstall, _: Network) -> Request:
    clock = ManualClock(CLOCK.now() + timedelta(minutes=6))
    return replace(install, clock=clock).request(body(install))


def unknown(install: SimulatedInstall, _: Network) -> Request:
    return replace(install, install="0" * 32).request(body(install))


def revoked(install: SimulatedInstall, network: Network) -> Request:
    network.command("installs", "revoke", install.install, "--reason", "A test")
    return install.request(body(install))


def truncated(install: SimulatedInstall, _: Network) -> Request:
    return install.request(body(install)[:-10])


def noise(install: SimulatedInstall, _: Network) -> Request:
    return install.request(random.Random(7).randbytes(5_000))


def no_envelope(install: SimulatedInstall, _: Network) -> Request:
    return install.request(zstandard.compress(msgspec.msgpack.encode({"install": 7})))


def oversized(install: SimulatedInstall, _: Network) -> Request:
    return install.request(body(install) + bytes(MAX_BODY))


def bomb(install: SimulatedInstall, _: Network) -> Request:
    return install.request(zstandard.compress(bytes(MAX_UNPACKED + 1)))


def other_receipt(install: SimulatedInstall, _: Network) -> Request:
    return install.request(body(replace(install, receipt="another")))


def withdrawn(install: SimulatedInstall, network: Network) -> Request:
    receipts = Ledger(install.install, install.key.public)
    grantee = Grantee(install.install, "A test", "nobody", (PRODUCT,))
    now, wording = CLOCK.now(), Wording.load().digest
    grant = receipts.grant(Tier.BASIC, current(), wording, grantee, GrantedBy.POLICY, now)
    receipts.append(grant.sign(install.key))
    document = receipts.withdraw(Tier.BASIC, GrantedBy.POLICY, now).sign(install.key)
    where = (protocol.CONSENT, protocol.RECEIPT)
    with closing(network.client()) as client:
        telling = signed(
            install.origin, install.key, install.install, CLOCK, "PUT", *where, document
        )
        assert client.exchange(telling).status == 200
    return install.request(body(install))


Fault = Callable[[SimulatedInstall, Network], Request]
REQUESTS: Final[list[tuple[Fault, int, str]]] = [
    (unsigned, 401, "unsigned"),
    (other_content, 401, "bad_signature"),
    (other_key, 401, "bad_signature"),
    (other_path, 401, "bad_signature"),
    (old, 401, "stale"),
    (early, 401, "stale"),
    (unknown, 401, "unknown_install"),
    (revoked, 403, "revoked_install"),
    (withdrawn, 403, "no_consent"),
    (other_receipt, 403, "receipt_mismatch"),
    (truncated, 400, "truncated"),
    (noise, 400, "malformed"),
    (no_envelope, 400, "malformed"),
    (oversized, 413, "too_large"),
    (bomb, 413, "bomb"),
]
