"""The uplink: carries what waits to the network, round by round, and takes it easy when that fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from vedette.clock import Clock
from vedette.endpoint.backoff import Backoff, Chance
from vedette.endpoint.membership import Membership
from vedette.endpoint.settings import UplinkSettings
from vedette.endpoint.signed_client import SignedClient
from vedette.endpoint.spool import Sealed, Spool
from vedette.errors import AnswerMalformed, CryptoError, NetworkRefused, WireError
from vedette.facts.schema import ItemRefusal, Schema
from vedette.statement.clauses import Tier
from vedette.wire import protocol
from vedette.wire.http import Answer
from vedette.wire.protocol import EnvelopeAnswer
from vedette.wire.refusals import Refusal

log = logging.getLogger(__name__)

TURNED_AWAY: Final = frozenset(
    {Refusal.UNKNOWN_INSTALL, Refusal.REVOKED_INSTALL, Refusal.ERASED_INSTALL}
)
"""The network knows this install no more: nothing is sent until the computer joins again."""

_NEVER: Final = frozenset({400, 409, 413})
"""What is refused with these will be refused for ever: it is dropped, so that what comes after it gets
through.
"""

_UNHELD: Final = frozenset({Refusal.NO_CONSENT, Refusal.RECEIPT_MISMATCH})

_REASONS: Final = frozenset({*Refusal, *ItemRefusal})


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to: envelopes ``sent``, whether everything that waited went out, and seconds to
    ``wait`` before the next.
    """

    sent: int
    done: bool
    wait: float


class Uplink:
    """Sends what waits in ``spool`` in the name of ``membership``. Used by one thread."""

    def __init__(
        self,
        membership: Membership,
        spool: Spool,
        schemas: Mapping[str, Schema],
        product: str,
        clock: Clock,
        settings: UplinkSettings,
        chance: Chance,
    ) -> None:
        self._membership = membership
        self._spool = spool
        self._schemas = schemas
        self._product = product
        self._clock = clock
        self._settings = settings
        self._backoff = Backoff(settings.backoff_first, settings.backoff_most, chance)
        self._sent = 0
        self._tier = Tier.BASIC

    def round(self, stop: threading.Event | None = None) -> Round:
        """Announces what is unannounced, then seals and sends until nothing waits or ``stop`` is set.

        Nothing is sent where nothing is to be. Raises ``StoreError``, ``NotPermitted``.
        """
        self._sent = 0
        if self._membership.identity.standing is not None:
            return Round(0, False, self._settings.send_every)
        try:
            self._send_all(stop or threading.Event())
        except NetworkRefused as error:
            return Round(self._sent, False, self._refused(error))
        except (WireError, CryptoError) as error:
            log.info("the network was not reached", extra={"code": error.code})
            self._spool.count("uplink_unreached")
            return Round(self._sent, False, self._backoff.failed())
        if self._sent:
            self._backoff.succeeded()
        return Round(self._sent, True, self._settings.send_every)

    def _send_all(self, stop: threading.Event) -> None:
        client: SignedClient | None = None
        try:
            while not stop.is_set() and (sealed := self._next()) is not None:
                client = client or self._membership.client(self._permitted)
                self._send(client, sealed)
        finally:
            if client is not None:
                client.close()

    def _next(self) -> Sealed | None:
        """The envelope to send now. Announces what is unannounced, but not before what names the receipt that
        the network still holds: it would not take that afterwards.
        """
        while True:
            sealed, identity = self._spool.pending(), self._membership.identity
            if not self._membership.announced and (
                sealed is None or sealed.receipt != identity.announced
            ):
                self._membership.announce()
            consent = self._membership.consent()
            if sealed is None:
                if not self._spool.seal(consent, self._schemas, self._product):
                    return None
            elif consent.allows(sealed.tier):
                self._tier = sealed.tier
                return sealed
            else:  # withdrawn, but a crash came before the spool was emptied
                self._spool.refuse(sealed.sequence, "withdrawn")

    def _permitted(self) -> bool:
        return self._membership.consent().allows(self._tier)

    def _send(self, client: SignedClient, sealed: Sealed) -> None:
        """Sends one envelope and settles it, unless the network wants it again later. Raises ``WireError``."""
        try:
            answer = client.send("POST", protocol.ENVELOPES, protocol.ENVELOPE, sealed.body)
        except NetworkRefused as error:
            current = self._membership.consent().receipt_id
            superseded = error.reason == Refusal.RECEIPT_MISMATCH and sealed.receipt != current
            if error.status not in _NEVER and not superseded:
                raise
            log.warning(
                "envelope refused", extra={"sequence": sealed.sequence, "reason": error.reason}
            )
            self._spool.refuse(sealed.sequence, _counted(error.reason))
            return
        if answer.status not in {200, 202}:
            raise AnswerMalformed(
                "the network neither took nor refused a report", "it is tried again"
            )
        self._spool.acknowledge(sealed.sequence)
        self._sent += 1
        self._count_refused(answer, sealed.rows)

    def _count_refused(self, answer: Answer, most: int) -> None:
        """Counts the rows that the network left out of an envelope that it took."""
        try:
            told = msgspec.json.decode(answer.body, type=EnvelopeAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._spool.count("uplink_unclear_answers")
            return
        for refused in told.refused:
            self._spool.count(
                f"network_refused_{_counted(refused.reason)}", min(max(0, refused.count), most)
            )

    def _refused(self, error: NetworkRefused) -> float:
        """Draws the consequences; returns the seconds to wait."""
        log.warning("the network refused", extra={"reason": error.reason, "status": error.status})
        self._spool.count(f"uplink_refused_{_counted(error.reason)}")
        if error.reason in TURNED_AWAY:
            self._membership.turned_away(error.reason)
            return self._settings.send_every
        if error.reason in _UNHELD:
            self._membership.identity.announced = ""
        return self._backoff.failed(at_least=error.retry_after or 0.0)


def _counted(reason: str) -> str:
    """``reason`` as part of a counter's name: what the network says is not put there unread."""
    return reason if reason in _REASONS else "other"
