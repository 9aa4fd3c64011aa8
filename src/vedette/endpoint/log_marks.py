"""How far each log has been read: kept in the spool's database, so that a mark moves together with the rows that the
entries before it became.
"""

from __future__ import annotations

from typing import Final

from vedette.endpoint.database import Database
from vedette.host.events import Mark


class LogMarks:
    """The marks in ``database``, by the names of logs. Emptying the spool forgets them."""

    def __init__(self, database: Database) -> None:
        self.database: Final = database

    def of(self, log: str) -> Mark | None:
        """Where the reading of ``log`` stands; ``None`` where it has not begun."""
        found = self.database.row("SELECT mark FROM log_marks WHERE log = ?", log)
        return Mark(found[0]) if found else None

    def move(self, log: str, before: Mark | None, after: Mark) -> bool:
        """Moves ``log``'s mark on; false, and nothing moves, where it no longer is ``before``: what was read since
        must not be reported then.
        """
        with self.database.transaction() as connection:
            if before is None:
                moved = connection.execute(
                    "INSERT INTO log_marks VALUES (?, ?) ON CONFLICT (log) DO NOTHING",
                    (log, after.value),
                )
            else:
                moved = connection.execute(
                    "UPDATE log_marks SET mark = ? WHERE log = ? AND mark = ?",
                    (after.value, log, before.value),
                )
            return moved.rowcount == 1

    def forget(self, log: str) -> None:
        """The next reading of ``log`` begins at its end."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM log_marks WHERE log = ?", (log,))
