"""What reports tell of a file's content: the part of its facts that has a field in an item."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from vedette.clock import EPOCH
from vedette.errors import ValueRefused
from vedette.facts.kinds import Count, Day, Flag, Hundredths, Kind, Name, Similarity, Word, Words
from vedette.facts.privacy import PrivateNames
from vedette.filefacts.facts import FileFacts, PeFacts, SectionFacts, SignatureFacts

_NO_SECTION = SectionFacts("", 0, 0, 0.0)


def reported(facts: FileFacts | None, private: PrivateNames) -> dict[str, Any]:
    """The values by field; a fact that is not known has none. Raises ``ValueRefused`` for facts that no file has.

    The fields: ``kind``, ``entropy``, ``similarity``, ``machine``, ``subsystem``, ``pe_timestamp``, ``imphash``,
    ``sections``, ``languages``, ``packer``, ``signer``, ``signature``, ``digest_valid``.
    """
    if facts is None:
        return {}
    values: dict[str, Kind | None] = {
        "kind": Word(facts.kind),
        "entropy": Hundredths(facts.entropy),
        "similarity": Similarity(facts.similarity) if facts.similarity else None,
        "packer": Name(facts.packer.name, private) if facts.packer else None,
    }
    if facts.pe is not None:
        values |= _of_pe(facts.pe)
    if facts.signature is not None:
        values |= _of_signature(facts.signature, private)
    return {name: value for name, value in values.items() if value is not None}


def essence(facts: FileFacts) -> FileFacts:
    """``facts`` without what no report tells, so small that many of them can be remembered."""
    changes: dict[str, Any] = {}
    if facts.pe is not None:
        pe = facts.pe
        changes["pe"] = PeFacts(
            machine=pe.machine,
            subsystem=pe.subsystem,
            timestamp=pe.timestamp,
            imphash=pe.imphash,
            sections=None if pe.sections is None else [_NO_SECTION] * len(pe.sections),
            languages=pe.languages,
        )
    if facts.packer is not None:
        changes["packer"] = msgspec.structs.replace(facts.packer, evidence=[])
    if facts.signature is not None:
        changes["signature"] = msgspec.structs.replace(facts.signature, problems=[])
    return msgspec.structs.replace(facts, **changes)


def _of_pe(pe: PeFacts) -> dict[str, Kind | None]:
    return {
        "machine": Word(pe.machine) if pe.machine else None,
        "subsystem": Word(pe.subsystem) if pe.subsystem else None,
        "pe_timestamp": None if pe.timestamp is None else _day(pe.timestamp),
        "imphash": Word(pe.imphash) if pe.imphash else None,
        "sections": None if pe.sections is None else Count(len(pe.sections)),
        "languages": Words(sorted(set(pe.languages))) if pe.languages else None,
    }


def _day(seconds: int) -> Day:
    if not 0 <= seconds < 1 << 32:
        raise ValueRefused("a header has no room for such a time", "read the file again")
    return Day(EPOCH + timedelta(seconds=seconds))


def _of_signature(signature: SignatureFacts, private: PrivateNames) -> dict[str, Kind | None]:
    return {
        "signature": Word(signature.chain),
        "digest_valid": None if signature.digest_valid is None else Flag(signature.digest_valid),
        "signer": Name(signature.signer, private) if signature.signer else None,
    }
