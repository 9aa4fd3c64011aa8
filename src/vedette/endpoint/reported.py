"""The memory of what was reported lately, so that the same file is reported once in a while and not at every
launch.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from vedette.clock import Clock, micros
from vedette.endpoint.database import Database


class Reported:
    """The memory in the spool's ``database``; of ``most`` things at most, the longest unreported are
    forgotten.
    """

    def __init__(self, database: Database, clock: Clock, most: int) -> None:
        self._database: Final = database
        self._clock = clock
        self._most = most

    def lately(self, item: str, digest: bytes, within: timedelta) -> bool:
        """Whether ``digest`` was reported as ``item`` in the time ``within``; a clock set back does not
        silence it for long.
        """
        now = self._clock.now()
        return bool(
            self._database.rows(
                "SELECT 1 FROM reported WHERE item = ? AND digest = ? AND time > ? AND time <= ?",
                item,
                digest,
                micros(now - within),
                micros(now),
            )
        )

    def note(self, item: str, digest: bytes) -> None:
        """Remembers that ``digest`` is reported as ``item``: together with the report, inside its
        transaction.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO reported VALUES (?, ?, ?)"
                " ON CONFLICT (item, digest) DO UPDATE SET time = excluded.time",
                (item, digest, micros(self._clock.now())),
            )
            (known,) = connection.execute("SELECT count(*) FROM reported").fetchone()
            if known > self._most:
                connection.execute(
                    "DELETE FROM reported WHERE (item, digest) IN"
                    " (SELECT item, digest FROM reported ORDER BY time LIMIT ?)",
                    (known - self._most + self._most // 10,),
                )
