"""Envelopes of the stated mix: 500 events, of which 60 % are launches (20 % of them of new files), 39 % services and
1 % detections. Everything in them is synthetic.
"""

from __future__ import annotations

from collections.abc import Sequence

from vedette.catalogue import discover
from vedette.facts import codec
from vedette.facts.envelope import Batch, Envelope
from vedette.statement.terms import current
from vedette.testing.fleet import PRODUCT, Facts

EVENTS = 500
LAUNCHES, SERVICES, DETECTIONS = 300, 195, 5
NEW = 0.2

_SCHEMAS = discover().schemas


def batches(facts: Facts, detected: Sequence[bytes] = ()) -> list[Batch]:
    """The events of one envelope. Its detections are of files in ``detected``; if not said, of some it launches."""
    launches = facts.launches(LAUNCHES)
    files = detected or [row["sha256"] for row in launches[:DETECTIONS]]
    rows = {
        "launches": launches,
        "services": facts.services(SERVICES),
        "detections": facts.detections(files[:DETECTIONS]),
    }
    terms = current()
    return [_SCHEMAS[item].batch(some, terms.fields(item)) for item, some in rows.items()]


def body(install: str, receipt: str, sequence: int, events: list[Batch]) -> bytes:
    """The envelope of ``events`` as it travels."""
    return codec.encode(Envelope(install, PRODUCT, receipt, current().digest, sequence, events))
