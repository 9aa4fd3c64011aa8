"""What is wrong with a part of an envelope, against a running network: it is named and counted, the rest is
kept.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest

from tests.journey.faults import FACTS, body
from tests.journey.machines import CLOCK, Network
from vedette.facts import codec
from vedette.facts.envelope import Batch, Envelope, column
from vedette.statement.terms import current
from vedette.store.registry import ConsentRecord
from vedette.testing.fleet import PRODUCT, SimulatedInstall
from vedette.wire.http import Client
from vedette.wire.protocol import EnvelopeAnswer, RefusedItem


@dataclass(frozen=True)
class Item:
    """A batch with faults beside two sound launches: what of it is refused, and how many rows are taken."""

    batch: Batch
    refused: RefusedItem
    taken: int


def services(rows: int = 3, **changed: list[Any]) -> Batch:
    values = {name: [row[name] for row in FACTS.services(rows)] for name in FACTS.services(1)[0]}
    return Batch(
        "services", list(values | changed), [column(v) for v in (values | changed).values()]
    )


def launches() -> Batch:
    rows = FACTS.launches(2)
    return Batch("launches", list(rows[0]), [column([row[f] for row in rows]) for f in rows[0]])


def detections(*times: int) -> Batch:
    rows = [FACTS.detections([bytes([n]) * 32])[0] | {"time": t} for n, t in enumerate(times)]
    return Batch("detections", list(rows[0]), [column([row[f] for row in rows]) for f in rows[0]])


NOW: Final = int(CLOCK.now().timestamp())
DAY: Final = 86_400
ITEMS: Final = {
    "unknown item": Item(
        Batch("astrology", ["sign"], [column(["leo", "virgo"])]),
        RefusedItem("astrology", "unknown_item", 2),
        0,
    ),
    "unknown field": Item(
        services(owner=["a", "b", "c"]), RefusedItem("services", "unknown_field", 3, "owner"), 3
    ),
    "wrong type": Item(
        services(name=["a", 7, "c"]), RefusedItem("services", "wrong_type", 1, "name", 1), 2
    ),
    "a value where a list belongs": Item(
        Batch("detections", ["time"], [msgspec.Raw(msgspec.msgpack.encode("x"))]),
        RefusedItem("detections", "malformed", 1),
        0,
    ),
    "missing field": Item(
        Batch("services", ["name"], [column(["a"])]),
        RefusedItem("services", "missing_field", 1, "account_kind"),
        0,
    ),
    "long ago": Item(
        detections(NOW, NOW - 91 * DAY),
        RefusedItem("detections", "time_out_of_range", 1, "time", 1),
        1,
    ),
    "to come": Item(
        detections(NOW + 2 * DAY, NOW),
        RefusedItem("detections", "time_out_of_range", 1, "time", 0),
        1,
    ),
    "private name": Item(
        services(name=["a", "b", "sync of anna@example.test"]),
        RefusedItem("services", "private_name", 1, "name", 2),
        2,
    ),
}


def enveloped(install: SimulatedInstall, *batches: Batch) -> bytes:
    install.sequence += 1
    return codec.encode(
        Envelope(
            install.install,
            PRODUCT,
            install.receipt,
            install.terms,
            install.sequence,
            list(batches),
        )
    )


@pytest.mark.parametrize("name", ITEMS)
def test_items(standing: Network, client: Client, sound: SimulatedInstall, name: str) -> None:
    item = ITEMS[name]
    told = item.refused
    label = "unknown" if told.reason == "unknown_item" else told.item
    figures = ("vedette_rows_refused_total", {"item": label, "reason": told.reason})
    counted = standing.metric(figures[0], **figures[1])
    answer = client.exchange(sound.request(enveloped(sound, launches(), item.batch)))
    heard = msgspec.json.decode(answer.body, type=EnvelopeAnswer)
    assert (answer.status, heard.refused) == (202, [told])
    assert heard.accepted == {"launches": 2} | ({told.item: item.taken} if item.taken else {})
    assert standing.metric(figures[0], **figures[1]) == counted + told.count


def test_a_tier_that_the_receipt_does_not_cover(
    standing: Network, client: Client, install: SimulatedInstall
) -> None:
    """Every item of today is of the basic tier, so the registry is told of another one alone."""
    with closing(standing.data.registry()) as registry:
        number = registry.install(install.install).number
        tiers = frozenset({"additional"})
        later = CLOCK.now() + timedelta(seconds=5)
        record = ConsentRecord("another", b"", current().digest, tiers, later)
        assert registry.put_consent(number, record)
    install.receipt = "another"
    answer = client.exchange(install.request(body(install)))
    heard = msgspec.json.decode(answer.body, type=EnvelopeAnswer)
    assert heard == EnvelopeAnswer(1, {}, [RefusedItem("services", "not_consented", 2)])
    assert (
        standing.metric("vedette_rows_refused_total", item="services", reason="not_consented") >= 2
    )
