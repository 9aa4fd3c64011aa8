"""The network that this computer joined: where it is, and by what it is known.

Its authority is fetched once, without trusting the connection: what counts is the fingerprint in the join
string. From then on no other authority is believed, neither for connections nor for the keys that sign
verdicts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import msgspec

from vedette.clock import Clock
from vedette.crypto.authority import AuthorityDocument, verify_authority
from vedette.crypto.keys import PublicKey
from vedette.endpoint.guard import GuardedTransport
from vedette.endpoint.state_folder import AUTHORITY, JOIN, StateFolder
from vedette.errors import AnswerMalformed, CertificateInvalid, NotJoined
from vedette.wire import protocol
from vedette.wire.http import Client, Ledger, Request, raise_for_refusal
from vedette.wire.join import JoinString
from vedette.wire.transport import Origin, Transport

TransportFactory = Callable[[str | None], Transport]
"""Makes a transport that trusts the authority in a PEM text alone; without one, whoever answers.
``SocketTransport`` is one.
"""


class Network:
    """What ``folder`` knows of the network, reached by ``transports``; ``ledger`` sees every request first.

    Threads may share it; each takes a client of its own.
    """

    def __init__(
        self, folder: StateFolder, transports: TransportFactory, ledger: Ledger, clock: Clock
    ) -> None:
        self._folder = folder
        self._transports = transports
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()

    @property
    def join(self) -> JoinString:
        """The join string. Raises ``NotJoined``."""
        text = self._folder.read(JOIN)
        if text is None:
            raise NotJoined
        return JoinString.decode(text.decode("utf-8", "replace"))

    @property
    def origin(self) -> Origin:
        """Where the network is reached. Raises ``NotJoined``."""
        return Origin.of(self.join.address)

    def client(self, permitted: Callable[[], bool] | None = None) -> Client:
        """A client that believes this network alone. Talks to it, once, where its authority is not known yet.

        Where ``permitted`` is given, it is asked before each sending. Raises ``NotJoined``, ``WireError`` or
        ``CertificateInvalid``.
        """
        with self._lock:
            document = self._known() or self._fetched(None)
        transport = self._transports(document.ca)
        if permitted is not None:
            transport = GuardedTransport(transport, permitted)
        return Client(self.origin, transport, self._ledger)

    def keys(self) -> Mapping[str, PublicKey]:
        """The keys that sign verdicts, by thumbprint. Raises as ``client`` does."""
        with self._lock:
            document = self._known() or self._fetched(None)
            try:
                return self._verified(document)
            except CertificateInvalid:
                # A certificate may have run out; the authority itself is still the one we know.
                return self._verified(self._fetched(document.ca))

    def refresh(self) -> Mapping[str, PublicKey]:
        """The keys as the network names them now: it may have changed them. Raises as ``client`` does."""
        with self._lock:
            known = self._known()
            return self._verified(self._fetched(known.ca if known else None))

    def _known(self) -> AuthorityDocument | None:
        content = self._folder.read(AUTHORITY)
        return msgspec.json.decode(content, type=AuthorityDocument) if content is not None else None

    def _fetched(self, ca: str | None) -> AuthorityDocument:
        client = Client(self.origin, self._transports(ca), self._ledger)
        try:
            answer = client.exchange(Request("GET", protocol.AUTHORITY))
        finally:
            client.close()
        raise_for_refusal(answer)
        try:
            document = msgspec.json.decode(answer.body, type=AuthorityDocument)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise AnswerMalformed(
                "the network does not say who it is", "check the address in the join string"
            ) from error
        self._verified(document)
        self._folder.write(AUTHORITY, msgspec.json.encode(document))
        return document

    def _verified(self, document: AuthorityDocument) -> Mapping[str, PublicKey]:
        return verify_authority(document, self.join.fingerprint, self._clock.now())
