"""What of an envelope may be kept: the consent filter, before anything is written. Pure.

An envelope is held to the terms that its receipt names, item by item and field by field. What they do not
cover, what is not declared, and what is not as declared is left out and named in the answer; the rest is
accepted. How long an answer can become does not depend on how much there is to refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from vedette.errors import (
    EnvelopeBomb,
    EnvelopeMalformed,
    EnvelopeTooLarge,
    EnvelopeTruncated,
    FactError,
)
from vedette.facts import codec
from vedette.facts.envelope import Batch, Change, Envelope
from vedette.facts.schema import Checked, ItemRefusal, Refused, Schema, claimed_rows
from vedette.ingest.admission import refused
from vedette.ingest.settings import IngestSettings
from vedette.statement.terms import Terms
from vedette.store.registry import InstallSnapshot
from vedette.wire.protocol import EnvelopeAnswer, RefusedItem
from vedette.wire.refusals import Refusal

_MAX_NAME = 64  # of what a stranger calls an item, in the answer
_MAX_TOLD = 256  # refusals that an answer tells one by one

_REASONS: Mapping[type[FactError], Refusal] = {
    EnvelopeTruncated: Refusal.TRUNCATED,
    EnvelopeTooLarge: Refusal.TOO_LARGE,
    EnvelopeBomb: Refusal.BOMB,
    EnvelopeMalformed: Refusal.MALFORMED,
}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """``payload``: the envelope to log, as it came where nothing was refused; ``answer``: what its sender hears."""

    sequence: int
    payload: bytes
    answer: EnvelopeAnswer


class ConsentFilter:
    """Holds envelopes to the declared items (``schemas``) and to the released terms (``terms``, by digest)."""

    def __init__(
        self, schemas: Mapping[str, Schema], terms: Mapping[str, Terms], settings: IngestSettings
    ) -> None:
        self._schemas = schemas
        self._terms = terms
        self._settings = settings

    def accept(self, body: bytes, sender: InstallSnapshot, now: datetime) -> Acceptance:
        """What of the envelope in ``body`` may be kept. Raises ``AdmissionError`` where it is refused as a whole."""
        envelope = self._decoded(body)
        terms = self._terms_of(envelope, sender)
        checked = list(self._checked(envelope.batches, terms, sender.tiers, now))
        refusals = [refusal for one in checked for refusal in one.refused]
        answer = EnvelopeAnswer(
            envelope.sequence, _accepted(checked), [_told(one) for one in _bounded(refusals)]
        )
        kept = [one.batch for one in checked if one.batch is not None]
        if kept == envelope.batches:
            return Acceptance(envelope.sequence, body, answer)
        return Acceptance(envelope.sequence, _encoded(envelope, kept), answer)

    def _decoded(self, body: bytes) -> Envelope:
        try:
            return codec.decode(
                body, max_body=self._settings.max_body, max_unpacked=self._settings.max_unpacked
            )
        except FactError as error:
            raise refused(_REASONS[type(error)], error.message) from error

    def _terms_of(self, envelope: Envelope, sender: InstallSnapshot) -> Terms:
        if sender.receipt is None or sender.terms is None or not sender.tiers:
            raise refused(Refusal.NO_CONSENT, "the install has not consented, or no longer")
        named = (envelope.install, envelope.receipt, envelope.terms)
        if named != (sender.install, sender.receipt, sender.terms):
            raise refused(
                Refusal.RECEIPT_MISMATCH,
                "the envelope rests on another receipt than the current one",
            )
        if sender.terms not in self._terms:
            raise refused(
                Refusal.UNKNOWN_TERMS, "the network does not know the terms of the receipt"
            )
        return self._terms[sender.terms]

    def _checked(
        self, batches: Iterable[Batch], terms: Terms, tiers: frozenset[str], now: datetime
    ) -> Iterator[Checked]:
        seen: set[tuple[str, Change]] = set()
        for batch in batches:
            if (
                batch.item,
                batch.change,
            ) in seen:  # it could not be told which of the two came first
                yield _nothing(batch, ItemRefusal.MALFORMED)
            else:
                seen.add((batch.item, batch.change))
                yield self._check(batch, terms, tiers, now)

    def _check(self, batch: Batch, terms: Terms, tiers: frozenset[str], now: datetime) -> Checked:
        schema = self._schemas.get(batch.item)
        if schema is None:
            return _nothing(batch, ItemRefusal.UNKNOWN_ITEM)
        if not terms.covers(batch.item) or terms.tier(batch.item) not in tiers:
            return _nothing(batch, ItemRefusal.NOT_CONSENTED)
        if date.fromisoformat(terms.expires(batch.item)) < now.date():
            return _nothing(batch, ItemRefusal.EXPIRED)
        return schema.check(batch, terms.fields(batch.item), now)


def _encoded(envelope: Envelope, kept: list[Batch]) -> bytes:
    try:
        return codec.encode(msgspec.structs.replace(envelope, batches=kept))
    except EnvelopeTooLarge as error:  # somebody compresses harder than is done here
        raise refused(Refusal.TOO_LARGE, error.message) from error


def _nothing(batch: Batch, reason: ItemRefusal) -> Checked:
    rows = max((claimed_rows(raw) for raw in batch.columns[:1]), default=1)
    return Checked(None, 0, (Refused(batch.item[:_MAX_NAME], reason, max(1, rows)),))


def _accepted(checked: Iterable[Checked]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for one in checked:
        if one.batch is not None:
            rows[one.batch.item] = rows.get(one.batch.item, 0) + one.rows
    return rows


def _bounded(refusals: list[Refused]) -> list[Refused]:
    """``refusals``, summed by item and reason where they are too many to be told one by one."""
    if len(refusals) <= _MAX_TOLD:
        return refusals
    sums: dict[tuple[str, ItemRefusal], int] = {}
    for one in refusals:
        sums[one.item, one.reason] = sums.get((one.item, one.reason), 0) + one.count
    return [Refused(item, reason, count) for (item, reason), count in sums.items()]


def _told(refusal: Refused) -> RefusedItem:
    return RefusedItem(refusal.item, refusal.reason, refusal.count, refusal.field, refusal.row)
