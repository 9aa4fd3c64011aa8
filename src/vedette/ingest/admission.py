"""Who sends this request, and may it be heard? Pure but for what it remembers: nonces and what the registry said.

A request is heard if a known, unrevoked install signed just this request, lately, and never before. Nonces are
remembered in memory for as long as a signature is fresh; what is dated before this process began is refused
as stale, since its nonce was forgotten with the process before. A computer answers that by signing again.

One replay is left: of a request that the process before heard, dated after its end by a clock that is ahead. It
changes nothing, since every signed request does the same however often it is heard: an envelope is known by its
sequence number, a receipt by its time, a join by its token and key.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from vedette.clock import EPOCH, Clock
from vedette.crypto.keys import PublicKey
from vedette.crypto.signatures import Claims, read_signature, verify_request
from vedette.errors import AdmissionError, SignatureInvalid
from vedette.store.registry import InstallSnapshot
from vedette.wire.refusals import Refusal

MAX_NONCES: Final = 2_000_000
_SECOND: Final = timedelta(seconds=1)  # signatures are dated to the second
_NONCE: Final = 16  # bytes


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature is checked against. ``headers``: lower-case names, repeated fields joined by a comma and
    a space.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """The install that a request comes from."""

    snapshot: InstallSnapshot
    key: PublicKey


def refused(reason: Refusal, message: str, *, retry_after: float | None = None) -> AdmissionError:
    """The error that tells a sender ``reason``."""
    return AdmissionError(
        message, reason.advice, status=reason.status, reason=reason, retry_after=retry_after
    )


class Freshness:
    """Decides whether a signature's time and nonce are new. May be used by several threads.

    A nonce is kept as a short digest, in the set of its time of expiry: a set is a window long, and is forgotten as
    a whole.
    """

    def __init__(self, clock: Clock, window: timedelta, *, most: int = MAX_NONCES) -> None:
        self._clock = clock
        self._window = window
        self._most = most
        self._began = clock.now() - _SECOND
        self._lock = threading.Lock()
        self._seen: dict[int, set[bytes]] = {}

    def remembered(self) -> int:
        """How many nonces are kept now."""
        return sum(map(len, list(self._seen.values())))

    def check_time(self, claims: Claims) -> None:
        """Raises ``AdmissionError`` (stale)."""
        now = self._clock.now()
        if abs(now - claims.created) > self._window or claims.created < self._began:
            raise refused(Refusal.STALE, "the request was signed at another time than this")

    def use(self, claims: Claims) -> None:
        """Uses the nonce up. Raises ``AdmissionError`` (replayed, or busy where too many are remembered)."""
        now = self._clock.now()
        nonce = hashlib.blake2b(
            f"{claims.keyid} {claims.nonce}".encode(), digest_size=_NONCE
        ).digest()
        # A signature from the near future stays fresh for longer than one from now.
        expires = self._period(max(now, claims.created) + self._window + _SECOND)
        with self._lock:
            for past in [period for period in self._seen if period < self._period(now)]:
                del self._seen[past]
            if any(nonce in some for some in self._seen.values()):
                raise refused(Refusal.REPLAYED, "the request was heard before")
            if self.remembered() >= self._most:
                raise refused(
                    Refusal.BUSY,
                    "too many requests at once",
                    retry_after=self._window.total_seconds(),
                )
            self._seen.setdefault(expires, set()).add(nonce)

    def _period(self, moment: datetime) -> int:
        return (moment - EPOCH) // self._window


class Watcher(Protocol):
    """Tells whether the registry was written to since it was last asked."""

    def changed(self) -> bool: ...


class Admission:
    """Finds out who sent a request. ``installs`` reads one install from the registry; ``watcher`` says when to
    read again. May be used by several threads.
    """

    def __init__(
        self,
        installs: Callable[[str], InstallSnapshot],
        watcher: Watcher,
        freshness: Freshness,
    ) -> None:
        self._installs = installs
        self._watcher = watcher
        self._freshness = freshness
        self._lock = threading.Lock()
        self._known: dict[str, Sender] = {}

    def identify(self, request: SignedRequest) -> Sender:
        """The install that signed ``request``. Raises ``AdmissionError`` with the reason why it is not heard."""
        claims = self._claims(request)
        self._freshness.check_time(claims)
        sender = self._sender(claims.keyid)
        self._verify(request, sender.key)
        if sender.snapshot.revoked:
            raise refused(Refusal.REVOKED_INSTALL, "the network's operator has revoked the install")
        self._freshness.use(claims)
        return sender

    def identify_key(self, request: SignedRequest, key: PublicKey) -> Claims:
        """Checks that ``key`` itself, known by its thumbprint, signed ``request``. Raises ``AdmissionError``.

        Anybody can make a key, so its nonce is not used up yet: see ``use``.
        """
        claims = self._claims(request)
        self._freshness.check_time(claims)
        if claims.keyid != key.thumbprint:
            raise refused(
                Refusal.BAD_SIGNATURE, "the request is signed with another key than it names"
            )
        self._verify(request, key)
        return claims

    def use(self, claims: Claims) -> None:
        """Uses up the nonce of a request that somebody known has sent. Raises ``AdmissionError``."""
        self._freshness.use(claims)

    def _claims(self, request: SignedRequest) -> Claims:
        if "signature-input" not in request.headers:
            raise refused(Refusal.UNSIGNED, "the request is not signed")
        try:
            return read_signature(request.headers)
        except SignatureInvalid as error:
            raise refused(Refusal.BAD_SIGNATURE, error.message) from error

    def _verify(self, request: SignedRequest, key: PublicKey) -> None:
        try:
            verify_request(request.method, request.url, request.headers, request.body, key)
        except SignatureInvalid as error:
            raise refused(Refusal.BAD_SIGNATURE, error.message) from error

    def _sender(self, install: str) -> Sender:
        with self._lock:
            if self._watcher.changed():
                self._known.clear()
            if (sender := self._known.get(install)) is None:
                snapshot = self._installs(install)
                sender = Sender(snapshot, PublicKey.from_bytes(snapshot.public_key))
                self._known[install] = sender
            return sender
