"""What the network decided about files, on this computer: verified verdicts, until they expire.

Of each subject only the verdict with the newest serial is kept, a revocation too: an older ``block`` that is
sent again must not win over it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from vedette.clock import Clock, from_micros, micros
from vedette.endpoint.refusals import Refusals
from vedette.endpoint.verdict_tables import open_verdict_database
from vedette.verdicts.verdict import Verdict

_POSITION: Final = "position"
_HEARD: Final = "heard"

_verdicts = msgspec.msgpack.Decoder(Verdict)


class VerdictStore:
    """The store in the file at ``path``, with the record of how files fared here beside it as ``refusals``.

    Threads and processes may share it. Raises as ``Database`` does.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._database = open_verdict_database(path)
        self._clock = clock
        self.refusals: Final = Refusals(self._database, clock)

    def put(self, verdict: Verdict, document: bytes, position: int) -> bool:
        """Keeps a verified ``verdict`` with the signed ``document`` it came in; false where a newer one is
        known.

        ``position`` is the serial up to which everything was received, kept together with it.
        """
        with self._database.transaction() as connection:
            found = connection.execute(
                "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?) ON CONFLICT (subject) DO UPDATE"
                " SET serial = excluded.serial, expires = excluded.expires,"
                " payload = excluded.payload, document = excluded.document"
                " WHERE excluded.serial > serial RETURNING serial",
                (
                    verdict.subject,
                    verdict.serial,
                    verdict.expires,
                    msgspec.msgpack.encode(verdict),
                    document,
                ),
            ).fetchall()
            self._set(_POSITION, position)
        return bool(found)

    def find(self, sha256: bytes) -> Verdict | None:
        """The verdict on the file with this digest that holds now; ``None`` where there is none, or it was
        revoked.
        """
        found = self._database.row(
            "SELECT payload FROM verdicts WHERE subject = ? AND expires > ?",
            sha256.hex(),
            micros(self._clock.now()),
        )
        if found is None:
            return None
        verdict = _verdicts.decode(found[0])
        return None if verdict.verdict == "none" else verdict

    def document(self, sha256: bytes) -> bytes | None:
        """The signed document of what the network last said about the file with this digest."""
        found = self._database.row("SELECT document FROM verdicts WHERE subject = ?", sha256.hex())
        return found[0] if found else None

    def size(self) -> int:
        """How many verdicts are kept."""
        return int(self._database.row("SELECT count(*) FROM verdicts")[0])

    @property
    def position(self) -> int:
        """The serial up to which everything was received."""
        return self._number(_POSITION) or 0

    @property
    def heard(self) -> datetime | None:
        """When the network last gave a sign of life, by this computer's clock; ``None`` where it never did."""
        value = self._number(_HEARD)
        return from_micros(value) if value is not None else None

    def sign_of_life(self) -> None:
        """The network is heard of now."""
        self._set(_HEARD, micros(self._clock.now()))

    def purge(self) -> int:
        """Forgets what has expired; returns how many verdicts that were."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM verdicts WHERE expires <= ? RETURNING 1",
                (micros(self._clock.now()),),
            )
            return len(gone.fetchall())

    def adopt(self, fingerprint: str) -> None:
        """From now on verdicts are those of the network with this ``fingerprint``; those of any other are
        forgotten.
        """
        with self._database.transaction() as connection:
            if connection.execute("SELECT fingerprint FROM network").fetchall() != [(fingerprint,)]:
                self.forget()
                connection.execute("INSERT INTO network VALUES (?)", (fingerprint,))

    def forget(self) -> None:
        """Begins anew: all verdicts are asked for again."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM verdicts")
            connection.execute("DELETE FROM network")
            connection.execute("DELETE FROM numbers WHERE name IN (?, ?)", (_POSITION, _HEARD))

    def close(self) -> None:
        self._database.close()

    def _number(self, name: str) -> int | None:
        found = self._database.row("SELECT value FROM numbers WHERE name = ?", name)
        return int(found[0]) if found else None

    def _set(self, name: str, value: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO numbers VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )
