"""Detections and refusals: records that others fill, whole and with as little as they must have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vedette.activity.detections import Detection
from vedette.activity.refusals import FileRefusal
from vedette.catalogue import discover
from vedette.facts.kinds import Count, Files, Moment, Name, Path, Sha256, Size, Word
from vedette.facts.privacy import PrivateNames

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
ANNA = PrivateNames(users=frozenset({"anna"}))


def test_a_detection_with_all_it_can_say() -> None:
    found = (
        Name("anna.exe", ANNA),
        Size(68),
        Sha256(bytes(32)),
        Path("/home/anna/Downloads", ANNA),
    )
    detection = Detection(
        threat=Name("Eicar-Test-Signature", ANNA),
        time=Moment(NOW),
        files=Files([found, (Name("x", ANNA), None, None, None)]),
        action=Word("quarantined"),
        application=Name("wget", ANNA),
        product=Name("clamav", ANNA),
    )
    schema = discover().schemas["detections"]
    row = schema.row(detection)
    assert row["time"] == 1_795_521_630
    assert row["files"] == [
        {"name": "<user>.exe", "size": 68, "hash": bytes(32), "place": "<home>/Downloads"},
        {"name": "x", "size": None, "hash": None, "place": None},
    ]
    checked = schema.check(schema.batch([row], set(row)), set(row), NOW)
    assert (checked.rows, checked.refused) == (1, ())


def test_a_detection_with_as_little_as_it_must_have() -> None:
    detection = Detection(threat=Name("X", ANNA), time=Moment(NOW), files=Files([]))
    assert set(discover().schemas["detections"].row(detection)) == {"threat", "time", "files"}


@pytest.mark.parametrize("outcome", ["denied", "started", "immune", "braked"])
def test_a_refusal(outcome: str) -> None:
    refusal = FileRefusal(
        file=Sha256(bytes(32)),
        name=Name("tool", ANNA),
        folder=Path("/home/anna/Documents/x", ANNA),
        verdict=Word("block"),
        serial=Count(7),
        outcome=Word(outcome),
        time=Moment(NOW),
    )
    schema = discover().schemas["refusals"]
    row = schema.row(refusal)
    assert row["folder"] == "<home>/Documents/…"
    assert schema.check(schema.batch([row], set(row)), set(row), NOW).rows == 1
