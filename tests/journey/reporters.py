"""Simulated installs that report without pause, try again whatever happens, and remember what they were told."""

from __future__ import annotations

import contextlib
import dataclasses
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from tests.journey.killing import KilledNetwork
from tests.journey.machines import CLOCK
from vedette.clock import micros
from vedette.crypto.keys import SigningKey
from vedette.errors import NetworkRefused, WireError
from vedette.network.operator import invite
from vedette.network.settings import load
from vedette.testing.fleet import Facts, SimulatedInstall
from vedette.wire.http import Answer, Client, raise_for_refusal
from vedette.wire.join import JoinString
from vedette.wire.protocol import EnvelopeAnswer
from vedette.wire.refusals import Refusal

Rows = dict[str, list[dict[str, Any]]]

_AGAIN: Final = frozenset({Refusal.STALE, Refusal.REPLAYED, Refusal.BUSY, Refusal.UNAVAILABLE})
_LATER: Final = frozenset({Refusal.BUSY, Refusal.UNAVAILABLE})
_CHEATED: Final = frozenset(
    {Refusal.SEQUENCE_REUSED, Refusal.TRUNCATED, Refusal.MALFORMED, Refusal.BAD_SIGNATURE}
)
_SHARED: Final = 64  # files that the whole fleet detects
_PAUSE: Final = 0.02  # seconds after an attempt that failed
_REST: Final = 0.01  # and after an envelope: other things run on this machine too


@dataclass(slots=True)
class Told:
    """One envelope: what of it may be kept, its answer once there is one, and when the last attempt began."""

    kept: Rows
    body: bytes
    attempts: int = 0
    last: datetime | None = None
    answer: bytes | None = None


@dataclass
class Reporter:
    """One install at work in a thread of its own, which sends one envelope at a time."""

    install: SimulatedInstall
    client: Client
    chance: random.Random
    shared: Sequence[bytes]
    told: dict[int, Told] = field(default_factory=dict)
    resent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    forbidden: set[bytes] = field(default_factory=set)
    """Digests that were only ever in what is refused."""
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self._facts = Facts(self.chance.getrandbits(32), CLOCK, known=300)
        self._detected = self.chance.sample(self.shared, len(self.shared) // 3)

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._report()
                CLOCK.sleep(_REST, stop)
        except Exception as error:  # noqa: BLE001 (told by `Fleet.check`)
            self.failure = error
        finally:
            self.client.close()

    def _report(self) -> None:
        kept, sent = self._rows()
        sequence, body = self.install.envelope(sent)
        told = self.told[sequence] = Told(kept, body)
        gives_up = self.chance.random() < 0.02  # as where consent is withdrawn meanwhile
        if (answer := self._sent(told, gives_up=gives_up)) is None:
            return
        assert answer.status == 202
        told.answer = answer.body
        self._check(sequence, told)
        if self.chance.random() < 0.1:
            self._resend(self.chance.choice([sequence, self.chance.randint(1, sequence)]))
        if self.chance.random() < 0.05:
            self._cheat(sequence)

    def _sent(
        self, told: Told, *, gives_up: bool = False, sender: SimulatedInstall | None = None
    ) -> Answer | None:
        """Sends until there is an answer, as the uplink does: the same body and number, signed anew."""
        while True:
            told.attempts += 1
            told.last = CLOCK.now()
            try:
                answer = self.client.exchange((sender or self.install).request(told.body))
                raise_for_refusal(answer)
                return answer
            except NetworkRefused as error:
                self.refused[error.reason] += 1
                if error.reason not in _AGAIN:
                    raise
                if error.reason in _LATER and error.retry_after is None:
                    raise AssertionError("there is no Retry-After") from error
            except WireError:
                if gives_up:
                    return None
            CLOCK.sleep(_PAUSE)

    def _check(self, sequence: int, told: Told) -> None:
        """The answer says what was kept; it says nothing where its envelope was trimmed already."""
        answer = msgspec.json.decode(told.answer or b"", type=EnvelopeAnswer)
        assert answer.sequence == sequence
        kept = {item: len(rows) for item, rows in told.kept.items() if rows}
        assert answer.accepted == kept or (told.attempts > 1 and not answer.accepted)

    def _resend(self, sequence: int) -> None:
        """What was acknowledged is answered the same again."""
        told = self.told[sequence]
        if told.answer is None:
            return
        again = Told(told.kept, told.body)
        answer = self._sent(again)
        assert answer is not None
        assert answer.status == 202
        assert answer.body == told.answer or _empty(answer.body) or _empty(told.answer)
        self.resent += 1

    def _cheat(self, sequence: int) -> None:
        """Other content under a used number, a body cut short, content signed by another: none is ever kept."""
        self.install.sequence = sequence - 1
        _, body = self.install.envelope({"launches": self._forbidden(self._facts.launches(3))})
        stranger = dataclasses.replace(self.install, key=SigningKey.generate())
        for changed, sender in ((body, None), (body[:-1], None), (body, stranger)):
            try:
                answer = self._sent(Told({}, changed), sender=sender)
            except NetworkRefused as error:
                if error.reason not in _CHEATED:
                    raise
            else:  # the number was used by what is trimmed by now: it is taken for that
                assert answer is not None
                assert changed is body
                assert sender is None
                assert _empty(answer.body)

    def _rows(self) -> tuple[Rows, Rows]:
        """Some rows, without and with those that the network refuses."""
        facts, chance = self._facts, self.chance
        rows: Rows = {"launches": facts.launches(chance.choice((0, 1, 5, 20, 60)))}
        if chance.random() < 0.15:
            rows["services"] = facts.services(chance.randint(1, 20))
        if chance.random() < 0.3 or not any(rows.values()):
            some = chance.sample(self._detected, chance.randint(1, 3))
            threat = f"Synthetic.{chance.randrange(3)}"
            rows["detections"] = facts.detections(some, threat)
        sent = {item: list(some) for item, some in rows.items()}
        if chance.random() < 0.1:
            late = self._forbidden(facts.launches(2))
            for row in late:
                row["time"] += 24 * 365
            place = chance.randint(0, len(sent["launches"]))
            sent["launches"][place:place] = late
        return rows, sent

    def _forbidden(self, launches: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """``launches`` of files that nothing else names."""
        for row in launches:
            row["sha256"] = self.chance.randbytes(32)
            self.forbidden.add(row["sha256"])
        return launches


class Fleet:
    """Some reporters, each of its own organisation, against ``network``."""

    def __init__(self, network: KilledNetwork, size: int, chance: random.Random) -> None:
        shared = [chance.randbytes(32) for _ in range(_SHARED)]
        settings = load(network.config)
        self.reporters: list[Reporter] = []
        for number in range(size):
            join = JoinString.decode(invite(settings, f"Example {number}", False, CLOCK).join)
            client = network.client()
            install = SimulatedInstall.register(join, client, CLOCK)
            reporter = Reporter(install, client, random.Random(chance.getrandbits(64)), shared)
            self.reporters.append(reporter)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=one.run, args=(self._stop,), name=f"reporter {number}")
            for number, one in enumerate(self.reporters)
        ]

    @contextlib.contextmanager
    def reporting(self) -> Iterator[None]:
        """They report inside; at the end each comes to the answer of its last envelope."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join(60)
        self.check()

    def close(self) -> None:
        """Lets go of the connections of one that never reported."""
        for one in self.reporters:
            one.client.close()

    def check(self) -> None:
        """That all of them still work."""
        for one in self.reporters:
            if one.failure is not None:
                raise AssertionError("a reporter failed") from one.failure

    def acknowledged(self) -> Iterator[tuple[str, int, Told]]:
        for one in self.reporters:
            for sequence, told in one.told.items():
                if told.answer is not None:
                    yield one.install.install, sequence, told

    def forbidden(self) -> set[bytes]:
        """Digests that were only ever in what is refused."""
        return {digest for one in self.reporters for digest in one.forbidden}

    def everything(self) -> Mapping[tuple[str, int], Told]:
        """All envelopes, acknowledged or not."""
        return {
            (one.install.install, sequence): told
            for one in self.reporters
            for sequence, told in one.told.items()
        }

    def duplicates(self, received: Mapping[tuple[str, int], int]) -> int:
        """How many acknowledgements were of an envelope that the network had already. ``received``: when each
        was stored, in microseconds.
        """
        retried = sum(
            received.get((install, sequence), 1 << 62) < micros(told.last)
            for install, sequence, told in self.acknowledged()
            if told.last is not None
        )
        return retried + sum(one.resent for one in self.reporters)


def _empty(answer: bytes) -> bool:
    return not msgspec.json.decode(answer, type=EnvelopeAnswer).accepted
