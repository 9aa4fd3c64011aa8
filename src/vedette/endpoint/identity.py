"""What this computer is to its network: its key, the id it was given, and the ledger of what it agreed to."""

from __future__ import annotations

import logging
import threading

import msgspec

from vedette.crypto.keys import SigningKey
from vedette.endpoint.state_folder import ANNOUNCED, INSTALL, KEY, LEDGER, STANDING, StateFolder
from vedette.errors import ConsentError, CryptoError, NotJoined
from vedette.statement.consent import Consent, Receipt
from vedette.statement.ledger import Ledger
from vedette.statement.terms import released
from vedette.wire.protocol import JoinAnswer

log = logging.getLogger(__name__)


class Standing(msgspec.Struct, frozen=True):
    """The network turned this computer away: ``reason`` is a word of ``vedette.wire.refusals``, ``time`` in
    RFC 3339.
    """

    reason: str
    time: str


class Identity:
    """The identity kept in ``folder``. Threads may share it; what another process changes is seen at the next
    look.
    """

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: object = None
        self._consent = Consent.none()

    @property
    def install(self) -> str | None:
        """The id that the network gave this computer; ``None`` before the first grant."""
        content = self._folder.read(INSTALL)
        return msgspec.json.decode(content, type=JoinAnswer).install if content else None

    def registered(self, answer: JoinAnswer) -> None:
        """Keeps the id that the network gave."""
        self._folder.write(INSTALL, msgspec.json.encode(answer))

    def key(self) -> SigningKey:
        """The key of this install. Raises ``KeyUnreadable``."""
        return SigningKey.load(self._folder.file(KEY))

    def new_key(self) -> SigningKey:
        """A key to register; one that was made for an attempt that failed is used again. Raises
        ``KeyUnreadable``.
        """
        if not self._folder.has(KEY):
            self._folder.create()
            SigningKey.generate().save(self._folder.file(KEY))
        return self.key()

    def ledger(self) -> Ledger:
        """All receipts. Raises ``LedgerBroken``, ``KeyUnreadable``, or ``NotJoined`` before the first grant."""
        install, content = self.install, self._folder.read(LEDGER)
        if install is None:
            raise NotJoined
        public = self.key().public
        return Ledger.parse(content, install, public) if content else Ledger(install, public)

    def write(self, ledger: Ledger, receipt: Receipt) -> None:
        """Signs ``receipt`` and adds it to ``ledger``, durable when this returns. Raises as ``ledger`` does."""
        intact = ledger.intact
        self._folder.append(LEDGER, ledger.append(receipt.sign(self.key())), after=intact)

    def consent(self) -> Consent:
        """What may be reported now. Nothing where the ledger does not hold: ``ledger`` says what is wrong
        with it.
        """
        seen = (self._folder.stamp(LEDGER), self._folder.stamp(INSTALL))
        with self._lock:
            if seen != self._seen:
                self._consent = self._read() if all(seen) else Consent.none()
                self._seen = seen
            return self._consent

    def _read(self) -> Consent:
        try:
            return self.ledger().consent(released())
        except (ConsentError, CryptoError) as error:
            log.error("consent cannot be read", extra={"code": error.code})
            return Consent.none()

    @property
    def announced(self) -> str:
        """The id of the receipt that the network acknowledged last, or nothing."""
        return (self._folder.read(ANNOUNCED) or b"").decode()

    @announced.setter
    def announced(self, receipt_id: str) -> None:
        self._folder.write(ANNOUNCED, receipt_id.encode())

    @property
    def standing(self) -> Standing | None:
        """Why the network turned this computer away; ``None`` while it does not."""
        content = self._folder.read(STANDING)
        return msgspec.json.decode(content, type=Standing) if content else None

    @standing.setter
    def standing(self, standing: Standing) -> None:
        self._folder.write(STANDING, msgspec.json.encode(standing))

    def put_aside(self) -> None:
        """Ends this identity: the ledger is kept under another name, the rest is forgotten."""
        self._folder.put_aside(LEDGER, f"consent.{self.install}.jsonl")
        for name in (INSTALL, KEY, ANNOUNCED, STANDING):
            self._folder.remove(name)
