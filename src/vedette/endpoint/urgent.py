"""The urgent channel: verdicts as they are decided, over one long answer. It says nothing of this computer
but its address.

While protection is switched off there is no connection. Every document is verified before it is believed;
what is missing is asked for again by connecting anew (rules in ``vedette.verdicts.stream``); silence shows as
stale.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vedette.clock import Clock
from vedette.crypto.keys import PublicKey
from vedette.endpoint.backoff import Backoff, Chance
from vedette.endpoint.network import Network
from vedette.endpoint.settings import UrgentSettings
from vedette.endpoint.switch import ProtectionSwitch
from vedette.endpoint.verdict_store import VerdictStore
from vedette.errors import (
    ConsentError,
    CryptoError,
    NetworkRefused,
    SignatureInvalid,
    StoreError,
    VerdictError,
    WireError,
)
from vedette.verdicts.stream import Heard, Stream
from vedette.verdicts.verdict import open_heartbeat, open_verdict
from vedette.wire import events, protocol
from vedette.wire.http import Request
from vedette.wire.transport import Stream as Connection

log = logging.getLogger(__name__)

_KEYS_AGAIN: Final = 3600.0
"""Seconds between two times that the network is asked for its keys because a signature did not hold."""


@dataclass(frozen=True, slots=True)
class UrgentStatus:
    """Whether protection is switched ``on``, whether the channel is ``stale``, when the network was last
    ``heard``, and the newest ``serial`` up to which everything is here.
    """

    on: bool
    stale: bool
    heard: datetime | None
    serial: int


def status(
    switch: ProtectionSwitch, store: VerdictStore, clock: Clock, settings: UrgentSettings
) -> UrgentStatus:
    """How the channel is doing; any process may ask."""
    heard, limit = store.heard, timedelta(seconds=settings.stale_after)
    # A sign of life from the future is none: the clock was set back since.
    stale = heard is None or not timedelta() <= clock.now() - heard <= limit
    return UrgentStatus(switch.on, stale, heard, store.position)


class UrgentChannel:
    """Follows the channel of ``network`` into ``store`` while ``switch`` is on; ``count`` hears what went
    wrong.
    """

    def __init__(
        self,
        network: Network,
        switch: ProtectionSwitch,
        store: VerdictStore,
        count: Callable[[str], None],
        clock: Clock,
        settings: UrgentSettings,
        chance: Chance,
    ) -> None:
        self._network = network
        self._switch = switch
        self._store = store
        self._count = count
        self._clock = clock
        self._settings = settings
        self._backoff = Backoff(settings.backoff_first, settings.backoff_most, chance)
        self._asked_for_keys = -_KEYS_AGAIN
        self._stream: Stream | None = None

    def run(self, stop: threading.Event) -> None:
        """Connection after connection until ``stop`` is set."""
        while not stop.is_set():
            wait = self.follow(stop) if self._switch.on else self._settings.look_every
            self._clock.sleep(wait, wake=stop)

    def follow(self, stop: threading.Event) -> float:
        """Follows one connection to its end; returns how many seconds to wait before the next."""
        try:
            self._follow(stop)
            failure = "ended"
            asked = 0.0
        except NetworkRefused as error:
            failure, asked = error.code, error.retry_after or 0.0
        except (WireError, CryptoError, VerdictError, StoreError, ConsentError) as error:
            failure, asked = error.code, 0.0
        if stop.is_set() or not self._switch.on:
            return 0.0
        log.info("urgent channel ended", extra={"code": failure})
        self._count("urgent_interrupted")
        return self._backoff.failed(at_least=asked)

    def _follow(self, stop: threading.Event) -> None:
        self._store.adopt(self._network.join.fingerprint)
        keys = self._network.keys()
        position = self._store.position
        stream = self._stream_from(position)
        headers = {"accept": protocol.EVENTS, "last-event-id": str(position)}
        request = Request("GET", protocol.URGENT, headers)
        with contextlib.closing(self._network.client()) as client, self._watching(stop) as opened:
            for event in events.parse(client.stream(request, opened)):
                if stop.is_set() or not self._switch.on:
                    return
                try:
                    heard = self._take(event, stream, keys)
                except SignatureInvalid:
                    keys = self._newer_keys()
                    heard = self._take(event, stream, keys)
                if heard is Heard.GAP:
                    log.warning("a verdict is missing", extra={"position": stream.position})
                    return

    def _stream_from(self, position: int) -> Stream:
        """The stream as it was when the last connection ended, so that a heartbeat cannot go back by way of a new
        one; a new stream where the store has another ``position`` now, as that of another network has.
        """
        if self._stream is None or self._stream.position != position:
            silence = self._settings.stale_after
            self._stream = Stream(position, self._clock.monotonic(), silence=silence)
        self._stream.connected()
        return self._stream

    def _take(
        self, event: events.Event, stream: Stream, keys: Mapping[str, PublicKey]
    ) -> Heard | None:
        """Takes in one event; what it means, or ``None`` where it is of no kind that we know."""
        document, now = event.data.encode(), self._clock.now()
        if event.event == "verdict":
            verdict = open_verdict(document, keys, now)
            heard = stream.verdict(verdict)
            # Also one that came after a gap is good on its own.
            if self._store.put(verdict, document, stream.position):
                log.info("verdict received", extra={"serial": verdict.serial})
            return heard
        if event.event == "heartbeat":
            heard = stream.heartbeat(open_heartbeat(document, keys, now), self._clock.monotonic())
            if heard is Heard.NEW:
                self._store.sign_of_life()
                self._backoff.succeeded()
            return heard
        return None

    def _newer_keys(self) -> Mapping[str, PublicKey]:
        """The keys as the network names them now; it is not asked often. Raises ``SignatureInvalid`` where it
        was just asked.
        """
        now = self._clock.monotonic()
        if now - self._asked_for_keys < _KEYS_AGAIN:
            raise SignatureInvalid(
                "a verdict is not signed by the network", "it is not believed; tell the operator"
            )
        self._asked_for_keys = now
        return self._network.refresh()

    @contextlib.contextmanager
    def _watching(self, stop: threading.Event) -> Iterator[Callable[[Connection], None]]:
        """Gives a function to hand the connection to, which is closed at once when it is no longer wanted."""
        ended = threading.Event()

        def watch(connection: Connection) -> None:
            while not ended.wait(self._settings.look_every):
                if stop.is_set() or not self._switch.on:
                    connection.close()
                    return

        def opened(connection: Connection) -> None:
            threading.Thread(
                target=watch, args=(connection,), name="urgent watch", daemon=True
            ).start()

        try:
            yield opened
        finally:
            ended.set()
