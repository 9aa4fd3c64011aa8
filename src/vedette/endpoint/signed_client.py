"""Requests signed by this install, by a clock that the network may have corrected."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

from vedette.clock import Clock
from vedette.crypto.keys import SigningKey
from vedette.crypto.signatures import sign_request
from vedette.errors import NetworkRefused
from vedette.wire.http import Answer, Client, Request, raise_for_refusal
from vedette.wire.refusals import Refusal

log = logging.getLogger(__name__)


class NetworkTime:
    """The time as the network sees it: this computer's clock and, once the network found it wrong, by how
    much it is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock: Final = clock
        self._offset = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self._offset

    def correct(self, server_time: datetime) -> None:
        """Goes by ``server_time`` from now on; the computer's own clock is not touched."""
        self._offset = server_time - self._clock.now()
        log.warning("clock corrected", extra={"seconds": round(self._offset.total_seconds())})


class SignedClient:
    """Signs what ``client`` sends with ``key``, which the network knows as ``keyid``."""

    def __init__(self, client: Client, key: SigningKey, keyid: str, time: NetworkTime) -> None:
        self._client = client
        self._base = f"{client.origin.scheme}://{client.origin.authority}"
        self._key = key
        self._keyid = keyid
        self._time = time

    def send(self, method: str, target: str, content_type: str, body: bytes) -> Answer:
        """The answer to one request, which carries a nonce of its own. Raises ``WireError``.

        Where the network finds it stale, it is signed once more by the network's time; where its nonce was
        used up by an attempt that broke off, once more with another.
        """
        try:
            return self._send(method, target, content_type, body)
        except NetworkRefused as error:
            if error.reason == Refusal.STALE and error.server_time is not None:
                self._time.correct(error.server_time)
            elif error.reason != Refusal.REPLAYED:
                raise
        return self._send(method, target, content_type, body)

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, target: str, content_type: str, body: bytes) -> Answer:
        signature = sign_request(
            method,
            self._base + target,
            content_type,
            body,
            key=self._key,
            keyid=self._keyid,
            created=self._time.now(),
            nonce=secrets.token_urlsafe(16),
        )
        headers = {"content-type": content_type, **signature}
        answer = self._client.exchange(Request(method, target, headers, body))
        raise_for_refusal(answer)
        return answer
