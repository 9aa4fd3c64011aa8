"""Following the urgent channel: what a computer may conclude from the verdicts and heartbeats it was given. No I/O.

The rules:

1. The network numbers its verdicts. On connecting a reader names the last number up to which it has everything and
   is given, in order, what still counts of the later ones; superseded and expired ones are left out, the newest of
   all never is.
2. The first heartbeat of a connection ends that part. From then on every number comes: one that is left out is a
   gap, and so is a heartbeat that names a verdict which did not come.
3. After a gap ``position`` stays before it. Verdicts are good on their own and may be kept all the same; the reader
   connects again and names ``position``, and so asks for what was missed.
4. A heartbeat never goes back, in time or in number: that would be an older state of the network played again.
5. Only a heartbeat that is newer than all before it, and finds nothing missing, is a sign of life. Without one for 45
   seconds the channel is stale: who can hold verdicts back can hold them back only visibly.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from vedette.errors import VerdictError
from vedette.verdicts.verdict import Heartbeat, Verdict

SILENCE: Final = 45.0  # seconds, three heartbeats


class Heard(StrEnum):
    """What a verdict or heartbeat means for the reader. ``GAP``: something before it did not come."""

    NEW = "new"
    KNOWN = "known"
    GAP = "gap"


class Stream:
    """Verified verdicts and heartbeats in the order of their arrival, over any number of connections.

    ``position`` is the number up to which everything came, kept by the caller between runs. ``now`` is always seconds
    on the monotonic clock.
    """

    def __init__(self, position: int, now: float, *, silence: float = SILENCE) -> None:
        self.position = position
        self._silence = silence
        self._alive = now
        self._beat = Heartbeat(0, 0)
        self._catching_up = True

    def connected(self) -> None:
        """A connection that named ``position`` begins."""
        self._catching_up = True

    def verdict(self, verdict: Verdict) -> Heard:
        """Takes a verdict in: ``NEW``, or ``KNOWN`` where its number was passed already, or ``GAP``."""
        if verdict.serial <= self.position:
            return Heard.KNOWN
        if not self._catching_up and verdict.serial != self.position + 1:
            return Heard.GAP
        self.position = verdict.serial
        return Heard.NEW

    def heartbeat(self, heartbeat: Heartbeat, now: float) -> Heard:
        """Takes a heartbeat in: ``NEW``, or ``KNOWN`` where it is no newer than the last, or ``GAP``.

        Raises ``VerdictError`` where it goes back; the connection is then not to be believed.
        """
        if heartbeat.time < self._beat.time:
            raise _replayed("an earlier time")
        if heartbeat.serial < max(self._beat.serial, self.position):
            raise _replayed("fewer verdicts")
        newer = heartbeat.time > self._beat.time
        self._beat = heartbeat
        if heartbeat.serial > self.position:
            return Heard.GAP
        self._catching_up = False
        if not newer:
            return Heard.KNOWN
        self._alive = now
        return Heard.NEW

    def silent_for(self, now: float) -> float:
        """Seconds since the last sign of life, or since the beginning."""
        return max(0.0, now - self._alive)

    def stale(self, now: float) -> bool:
        """Whether the network has been silent for too long."""
        return self.silent_for(now) > self._silence


def _replayed(state: str) -> VerdictError:
    return VerdictError(
        f"the urgent channel went back to {state}",
        "if the network was restored from a backup, forget its verdicts here; else tell its operator",
    )
