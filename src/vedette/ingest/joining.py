"""Joining and consent: how a key becomes an install, and how the network learns what it agreed to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vedette.crypto.keys import PublicKey
from vedette.errors import CryptoError, KeyUnreadable, ReceiptInvalid
from vedette.ingest.admission import Admission, Sender, SignedRequest, refused
from vedette.statement.consent import MAX_RECEIPT, Receipt, open_receipt
from vedette.store.prefix import prefix_hash
from vedette.store.registry import ConsentRecord, Registry
from vedette.wire.protocol import ConsentAnswer, JoinAnswer, JoinRequest
from vedette.wire.refusals import Refusal

_AHEAD: Final = timedelta(days=1)


class Joining:
    """Registers installs and their receipts. ``prefix_key``: of the hash of joining addresses; ``terms``: known
    digests.
    """

    def __init__(
        self, registry: Registry, admission: Admission, prefix_key: bytes, terms: Collection[str]
    ) -> None:
        self._registry = registry
        self._admission = admission
        self._prefix_key = prefix_key
        self._terms = terms

    def join(self, request: SignedRequest, address: str, now: datetime) -> JoinAnswer:
        """Spends the token in ``request`` for the key that signed it; ``address`` is where it came from.

        Nothing is remembered of a request with a token that is no good. Raises ``AdmissionError``.
        """
        try:
            wanted = msgspec.json.decode(request.body, type=JoinRequest)
            key = PublicKey.from_bytes(wanted.public_key)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyUnreadable) as error:
            raise refused(Refusal.MALFORMED, "the request to join is not readable") from error
        claims = self._admission.identify_key(request, key)
        origin = prefix_hash(address, self._prefix_key)
        install = self._registry.register(wanted.token, key.raw, origin, now).install
        self._admission.use(claims)
        return JoinAnswer(install)

    def consent(self, request: SignedRequest, now: datetime) -> ConsentAnswer:
        """Makes the receipt in ``request`` the install's current one. Raises ``AdmissionError``."""
        sender = self._admission.identify(request)
        receipt = self._receipt(request.body, sender, now)
        record = ConsentRecord(
            receipt=receipt.id,
            document=request.body,
            terms=receipt.terms,
            tiers=frozenset(receipt.tiers),
            time=receipt.time,
        )
        if not self._registry.put_consent(sender.snapshot.number, record):
            raise refused(Refusal.RECEIPT_MISMATCH, "a later receipt is held already")
        return ConsentAnswer(receipt.id, list(receipt.tiers))

    def _receipt(self, document: bytes, sender: Sender, now: datetime) -> Receipt:
        if len(document) > MAX_RECEIPT:
            raise refused(Refusal.TOO_LARGE, "the receipt is too large")
        try:
            receipt = open_receipt(document, sender.key)
        except (ReceiptInvalid, CryptoError) as error:
            raise refused(Refusal.MALFORMED, error.message) from error
        if receipt.install != sender.snapshot.install:
            raise refused(Refusal.RECEIPT_MISMATCH, "the receipt is of another install")
        if receipt.tiers and receipt.terms not in self._terms:
            raise refused(
                Refusal.UNKNOWN_TERMS, "the network does not know the terms of the receipt"
            )
        if receipt.time > now + _AHEAD:
            raise refused(Refusal.STALE, "the receipt is from the future")
        return receipt
