"""A small SQLite database of the endpoint: one connection that threads share in turn, and transactions that
join.

``synchronous=FULL`` in WAL mode: a transaction that has returned survives ``kill -9`` and a power cut
(https://www.sqlite.org/pragma.html#pragma_synchronous). Deleted content is overwritten, so that what was
withdrawn is gone.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from vedette.endpoint.locks import folder_locked
from vedette.errors import NotPermitted, SchemaMismatch, StoreUnusable

_BUSY_SECONDS: Final = 20.0


class Database:
    """The database at ``path``, made with ``tables`` (SQL) where there is none.

    ``version`` is that of the tables; ``steps`` (SQL) take those of an older version each to the next. Without
    ``durable`` a power cut may lose the last transactions, though ``kill -9`` does not. Raises ``StoreUnusable``,
    ``SchemaMismatch`` or ``NotPermitted``.
    """

    def __init__(
        self,
        path: Path,
        tables: str,
        *,
        version: int,
        steps: Mapping[int, str] = MappingProxyType({}),
        durable: bool = True,
    ) -> None:
        self._name = path.name
        self._lock = threading.RLock()
        self._depth = 0
        with _made(path), self._translated(), contextlib.ExitStack() as undo:
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            undo.callback(self._connection.close)
            self._prepare(tables, version, steps, durable)
            undo.pop_all()

    def _prepare(self, tables: str, version: int, steps: Mapping[int, str], durable: bool) -> None:
        self._connection.executescript(
            f"""
            PRAGMA auto_vacuum = INCREMENTAL;
            PRAGMA synchronous = {"FULL" if durable else "NORMAL"};
            PRAGMA secure_delete = ON;
            PRAGMA cache_size = -512;
            PRAGMA journal_size_limit = 1048576;
            """
        )
        if self.row("PRAGMA journal_mode") != ("wal",):
            self._connection.execute("PRAGMA journal_mode = WAL").fetchall()
        with self.transaction() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            scripts = [tables] if found == 0 else [steps.get(n) for n in range(found, version)]
            if found > version or None in scripts:
                raise SchemaMismatch(
                    f"{self._name} was written by another version of Vedette",
                    "run the newer version",
                )
            for statement in chain.from_iterable(_statements(script or "") for script in scripts):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that happens inside is durable as one, or, where something is raised, never happened.

        Transactions inside one another, of one thread, are one. Raises ``StoreUnusable``.
        """
        with self._lock, self._translated():
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1:
                    self._connection.rollback()
                raise
            finally:
                self._depth -= 1

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        """The rows of ``query``. Raises ``StoreUnusable``."""
        with self._lock, self._translated():
            return self._connection.execute(query, parameters).fetchall()

    def row(self, query: str, *parameters: Any) -> Any:
        """The first row of ``query``, or ``None``. Raises ``StoreUnusable``."""
        with self._lock, self._translated():
            return self._connection.execute(query, parameters).fetchone()

    def compact(self) -> None:
        """Gives back to the file system what deletions left, in the database and in its log."""
        with self._lock, self._translated():
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            why = getattr(error, "sqlite_errorname", "it was closed")
            raise StoreUnusable(
                f"{self._name} cannot be used ({why})",
                "check the disk; if the file is damaged, move it away",
            ) from error


@contextlib.contextmanager
def _made(path: Path) -> Iterator[None]:
    """Sees to an empty file at ``path`` for this user alone, unless there is one; SQLite gives its log the same mode.

    Until the end no other process makes it: setting a database up cannot wait its turn in SQLite. A file that is
    there is not opened, for closing it would end the locks that this process holds on it (fcntl(2)).
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with folder_locked(path.parent):
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            yield
    except PermissionError as error:
        raise NotPermitted(
            "the state folder is closed to this user", "run this as the user whose agent it is"
        ) from error
    except OSError as error:
        raise StoreUnusable(
            f"{path.name} cannot be opened ({os.strerror(error.errno or 0)})",
            "check the disk and the state folder",
        ) from error


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
