"""This computer's membership: joining, consent given and withdrawn, and what the network was told of it.

Joining only stores the join string. The first grant makes the key, registers it and is written to the ledger;
only then is the network told, and only when it has acknowledged the receipt are envelopes sent. A withdrawal
holds from the moment it is in the ledger, whether or not the network can be reached; until it could be told,
the agent goes on trying.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

import msgspec

from vedette.clock import Clock
from vedette.endpoint.identity import Identity, Standing
from vedette.endpoint.network import Network
from vedette.endpoint.signed_client import NetworkTime, SignedClient
from vedette.endpoint.spool import Spool
from vedette.endpoint.state_folder import AUTHORITY, JOIN, StateFolder
from vedette.errors import (
    AnswerMalformed,
    ConfigurationError,
    CryptoError,
    NetworkRefused,
    NotJoined,
    StatementMismatch,
    Unreachable,
    WireError,
)
from vedette.statement.clauses import Tier, Wording
from vedette.statement.consent import Consent, GrantedBy, Receipt
from vedette.statement.ledger import Grantee
from vedette.statement.terms import current
from vedette.wire import protocol
from vedette.wire.join import JoinString
from vedette.wire.protocol import JoinAnswer, JoinRequest

log = logging.getLogger(__name__)

_LATER: Final = frozenset({429, 503})


class Membership:
    """The membership kept in ``folder``. Threads may share it; what another process changes is seen at the
    next look.

    ``spool`` opens what waits to be sent; ``product`` names this program in receipts, as ``vedette/0.1.0``.
    """

    def __init__(
        self,
        folder: StateFolder,
        network: Network,
        spool: Callable[[], Spool],
        clock: Clock,
        product: str,
    ) -> None:
        self.identity: Final = Identity(folder)
        self._folder = folder
        self._network = network
        self._spool = spool
        self._clock = clock
        self._product = product
        self._time = NetworkTime(clock)

    def join(self, text: str) -> JoinString:
        """Stores the join string ``text``. Nothing is sent.

        A member of one network joins another, or the same anew, only when nothing is granted or the network
        has turned it away; it is a new install then, with a new key and an empty ledger. Raises
        ``ConfigurationError``.
        """
        joined = JoinString.decode(text)
        with self._folder.changing():
            if self._folder.has(JOIN):
                self._leave_for(joined)
            self._folder.write(JOIN, joined.encode().encode())
        return joined

    def consent(self) -> Consent:
        """What may be reported now."""
        return self.identity.consent()

    def grant(self, tier: Tier, terms_digest: str, granted_by: GrantedBy) -> Receipt:
        """Agrees to ``tier`` under the terms of that digest, which the person has seen.

        Raises ``StatementMismatch`` where these are not the current ones, ``ConsentMissing`` for
        ``additional`` without ``basic``, ``NotJoined``, ``LedgerBroken``; ``WireError`` where this computer
        still has to register and cannot, or where the network does not take the receipt. That the network
        cannot be told just now is no error: see ``announced``.
        """
        terms = current()
        if terms_digest != terms.digest:
            raise StatementMismatch(
                "other terms were accepted than those that are current",
                "read `vedette consent show` and accept the digest that it prints",
            )
        with self._folder.changing():
            joined = self._network.join
            install = self.identity.install or self._register(joined)
            grantee = Grantee(install, joined.controller, joined.contact, (self._product,))
            ledger = self.identity.ledger()
            wording = Wording.load().digest
            now = self._time.now()
            receipt = ledger.grant(tier, terms, wording, grantee, granted_by, now)
            self.identity.write(ledger, receipt)
        try:
            self.announce()
        except Unreachable:
            log.info("the network is told of the grant later")
        except NetworkRefused as error:
            if error.status not in _LATER:
                raise
        return receipt

    def withdraw(self, tier: Tier, granted_by: GrantedBy) -> Receipt:
        """Ends the consent to ``tier`` (with ``basic``, to both) at once, and empties the spool of what
        rested on it.

        It holds even where the network cannot be told now: see ``announced``. Raises ``ConsentMissing`` where
        there is none to withdraw, ``NotJoined``, ``LedgerBroken``.
        """
        with self._folder.changing():
            ledger = self.identity.ledger()
            receipt = ledger.withdraw(tier, granted_by, self._time.now())
            self.identity.write(ledger, receipt)
            self._spool().clear([each for each in Tier if each not in receipt.tiers])
        try:
            self.announce()
        except (WireError, CryptoError) as error:
            log.info("the network is told of the withdrawal later", extra={"code": error.code})
        return receipt

    @property
    def announced(self) -> bool:
        """Whether the network has acknowledged the newest receipt. True where there is none."""
        receipt = self.consent().receipt
        return receipt is None or receipt.id == self.identity.announced

    def announce(self) -> None:
        """Tells the network of the newest receipt, unless it knows.

        Raises ``WireError``, ``CertificateInvalid``, ``KeyUnreadable`` or ``NotJoined``.
        """
        with self._folder.announcing():
            while not self.announced:
                entry = self.identity.ledger().entries[-1]
                client = self.client()
                try:
                    client.send("PUT", protocol.CONSENT, protocol.RECEIPT, entry.document)
                finally:
                    client.close()
                self.identity.announced = entry.receipt.id

    def client(self, permitted: Callable[[], bool] | None = None) -> SignedClient:
        """A client that signs as this install, and sends while ``permitted``, if given. Raises as
        ``announce`` does.
        """
        install = self.identity.install
        if install is None:
            raise NotJoined
        return SignedClient(
            self._network.client(permitted), self.identity.key(), install, self._time
        )

    def turned_away(self, reason: str) -> None:
        """The network takes nothing more from this install: nothing is sent until it joins again."""
        self.identity.standing = Standing(reason, self._clock.now().isoformat())

    def _leave_for(self, joined: JoinString) -> None:
        """Ends the identity at the present network, if there is one and ``joined`` makes this computer
        another install.
        """
        present, standing = self._network.join, self.identity.standing
        elsewhere = joined.fingerprint != present.fingerprint
        if elsewhere and self.consent().tiers and standing is None:
            raise ConfigurationError(
                "this computer reports to another network", "withdraw the consent first"
            )
        anew = elsewhere or (standing is not None and joined.token != present.token)
        if anew and self.identity.install is not None:
            self._spool().clear()
            self.identity.put_aside()
        if elsewhere:
            self._folder.remove(AUTHORITY)

    def _register(self, joined: JoinString) -> str:
        """The id that the network gives this computer for its key."""
        key = self.identity.new_key()
        request = JoinRequest(joined.token, key.public.raw, self._product)
        client = SignedClient(self._network.client(), key, key.public.thumbprint, self._time)
        try:
            body = msgspec.json.encode(request)
            answer = client.send("POST", protocol.INSTALLS, protocol.JSON, body)
            registered = msgspec.json.decode(answer.body, type=JoinAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise AnswerMalformed(
                "the network gave this computer no id", "try again later"
            ) from error
        finally:
            client.close()
        self.identity.registered(registered)
        return registered.install
