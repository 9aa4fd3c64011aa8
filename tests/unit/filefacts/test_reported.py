"""What reports tell of a file, and that what is remembered tells the same."""

from __future__ import annotations

from datetime import date

import pytest

from vedette.activity.launches import Launch
from vedette.errors import ValueRefused
from vedette.facts.kinds import Count, Day, Flag, Hundredths, Name, Similarity, Word, Words
from vedette.facts.privacy import NOTHING_PRIVATE, PrivateNames
from vedette.filefacts.facts import FileFacts, Packer, PeFacts, SectionFacts, SignatureFacts
from vedette.filefacts.reported import essence, reported

PLAIN = FileFacts(
    sha256="00" * 32, sha1="", md5="", size=9, entropy=0.0, similarity=None, kind="elf"
)
FULL = FileFacts(
    sha256="00" * 32,
    sha1="",
    md5="",
    size=9,
    entropy=7.2567,
    similarity="T1" + "0F" * 35,
    kind="pe",
    pe=PeFacts(
        machine="AMD64",
        subsystem="0x1234",
        timestamp=86_400 * 366,
        imphash="ab" * 16,
        sections=[SectionFacts("Ann", 1, 1, 1.0)] * 3,
        imports={"ann.dll": 1},
        languages=["en-US", "de", "de"],
        version={"Author": "Ann"},
    ),
    packer=Packer("Inno Setup", ["in Ann's folder"]),
    signature=SignatureFacts(
        present=True, digest_valid=False, chain="trusted", signer="Acme of anna", problems=["Ann"]
    ),
)


def test_every_fact_with_a_field_is_told() -> None:
    private = PrivateNames(users=frozenset({"anna"}))
    assert reported(FULL, private) == {
        "kind": Word("pe"),
        "entropy": Hundredths(7.26),
        "similarity": Similarity("T1" + "0F" * 35),
        "machine": Word("AMD64"),
        "subsystem": Word("0x1234"),
        "pe_timestamp": Day(date(1971, 1, 2)),
        "imphash": Word("ab" * 16),
        "sections": Count(3),
        "languages": Words(["de", "en-US"]),
        "packer": Name("Inno Setup", private),
        "signer": Name("Acme of anna", private),
        "signature": Word("trusted"),
        "digest_valid": Flag(False),
    }


def test_what_is_not_known_is_not_told() -> None:
    assert reported(None, NOTHING_PRIVATE) == {}
    assert reported(PLAIN, NOTHING_PRIVATE) == {"kind": Word("elf"), "entropy": Hundredths(0)}


@pytest.mark.parametrize("facts", [PLAIN, FULL])
def test_what_is_remembered_tells_the_same_and_nothing_else(facts: FileFacts) -> None:
    small = essence(facts)
    assert reported(small, NOTHING_PRIVATE) == reported(facts, NOTHING_PRIVATE)
    assert "Ann" not in repr(small)
    assert "ann.dll" not in repr(small)


def test_each_has_a_field_of_launches() -> None:
    fields = set(Launch.__dataclass_fields__)
    assert set(reported(FULL, NOTHING_PRIVATE)) <= fields


def test_a_time_that_no_header_has_is_refused() -> None:
    lie = FileFacts(
        sha256="",
        sha1="",
        md5="",
        size=0,
        entropy=0,
        similarity=None,
        kind="pe",
        pe=PeFacts(timestamp=1 << 33),
    )
    with pytest.raises(ValueRefused):
        reported(lie, NOTHING_PRIVATE)
