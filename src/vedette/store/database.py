"""SQLite databases that several processes use at once and that a power cut does not undo.

Write-ahead log, ``synchronous=FULL``: a commit that returned is on disk. Readers never wait for the writer. Deleted
content is overwritten (``secure_delete``), since what a computer's owner has erased must not linger in free pages.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event, exc

from vedette.clock import Clock, SystemClock
from vedette.errors import SchemaMismatch, StoreUnusable

# How long a writer waits for another one before it gives up, in seconds.
BUSY = 5.0

_WRITING = "vedette_writing"

# The write-ahead log is copied into the database whenever it has grown by this many bytes; more was measured slower.
_WAL = 4_194_304

_REASONS: Mapping[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: ("the database is busy", "try again in a moment"),
    sqlite3.SQLITE_LOCKED: ("the database is busy", "try again in a moment"),
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "free some space in the data directory's file system",
    ),
    sqlite3.SQLITE_IOERR: ("the disk failed", "check the data directory's disk and free space"),
    sqlite3.SQLITE_CORRUPT: ("the database is damaged", "restore it from a backup"),
    sqlite3.SQLITE_NOTADB: ("the file is not a database", "restore it from a backup"),
    sqlite3.SQLITE_READONLY: ("the database is read-only", "make the data directory writable"),
    sqlite3.SQLITE_PERM: ("the database is not accessible", "check the data directory's owner"),
    sqlite3.SQLITE_CANTOPEN: ("the database cannot be opened", "check the data directory's path"),
}


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one database.

    ``version`` goes up with every change of ``tables``. ``erasable`` names every table that holds an install's data
    and the column that says whose it is. ``cache`` is the page cache of a connection in KiB, ``page`` the size of a
    page in bytes.
    """

    version: int
    tables: MetaData
    erasable: Mapping[str, str]
    cache: int = 16_384
    page: int = 4_096


def open_database(
    path: Path, schema: Schema, *, busy: float = BUSY, clock: Clock | None = None
) -> Engine:
    """Opens the database at ``path``, creating it (readable by its owner alone) where it is missing.

    ``busy`` is how many seconds a writer waits for another. Raises StoreUnusable, or SchemaMismatch where the file was
    written by a release with other tables.
    """
    _create_file(path)
    with translated():
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": busy, "check_same_thread": False},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _preparation(schema))
        event.listen(engine, "begin", _begin)
        try:
            _use_write_ahead_log(engine, busy, clock or SystemClock())
            _agree_on_schema(engine, schema)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database, for as long as the block runs."""
    with translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One durable transaction: committed when the block ends, undone when it raises.

    The writer's turn is taken at the start (``BEGIN IMMEDIATE``), so that what the block reads is what it writes upon.
    """
    with translated(), engine.connect() as connection:
        connection.execution_options(**{_WRITING: True})
        with connection.begin():
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Turns the database's own failures into StoreUnusable; mistakes in a query stay what they are."""
    try:
        yield
    except (exc.DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        told = _told(cause)
        if told is None:
            raise
        raise told from error
    except exc.TimeoutError as error:
        raise StoreUnusable("no database connection is free", "try again in a moment") from error


def _told(cause: BaseException | None) -> StoreUnusable | None:
    if not isinstance(cause, sqlite3.OperationalError) and type(cause) is not sqlite3.DatabaseError:
        return None
    primary = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    message, advice = _REASONS.get(
        primary, ("the database refused", "check that the data directory belongs to this release")
    )
    return StoreUnusable(message, advice)


class Changes:
    """Tells whether any other connection, of this process or another, has committed to a database.

    A cache in front of the database asks before each use; asking takes a few microseconds.
    """

    def __init__(self, engine: Engine) -> None:
        # A connection of its own: what a connection wrote itself does not count as a change to it.
        self._lock = threading.Lock()
        with translated():
            self._connection = engine.raw_connection()
            self._cursor = self._connection.cursor()
            self._version = self._ask()

    def changed(self) -> bool:
        """Whether something was committed since the last time this was asked (at first: since it was opened)."""
        with self._lock, translated():
            version = self._ask()
            changed = version != self._version
            self._version = version
        return changed

    def close(self) -> None:
        """Gives the connection back."""
        with self._lock:
            self._cursor.close()
            self._connection.close()

    def _ask(self) -> int:
        self._cursor.execute("PRAGMA data_version")
        (version,) = self._cursor.fetchall()[0]
        return int(version)


def _create_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreUnusable(
            f"the database cannot be opened ({error.strerror})", "check the data directory"
        ) from error


def _preparation(schema: Schema) -> Any:
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own idea of when a transaction begins is switched off; `_begin` says it.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA page_size={schema.page}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What a query lays aside never reaches the disk, so nothing of it can linger there.
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute(f"PRAGMA cache_size=-{schema.cache}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={_WAL // schema.page}")
        cursor.close()

    return prepare


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_write_ahead_log(engine: Engine, busy: float, clock: Clock) -> None:
    # Changing the journal's mode does not wait for others by itself; two processes may start at once.
    tries = 20
    for left in reversed(range(tries)):
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.close()
            return
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        finally:
            connection.close()
        clock.sleep(busy / tries)


def _agree_on_schema(engine: Engine, schema: Schema) -> None:
    with reading(engine) as connection:
        found = _version(connection)
    if found == 0:
        with writing(engine) as connection:
            found = _version(connection)  # another process may have been quicker
            if found == 0:
                schema.tables.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version={schema.version}")
                found = schema.version
    if found != schema.version:
        newer = found > schema.version
        raise SchemaMismatch(
            f"the database has schema {found}, this release needs {schema.version}",
            "install the newer release that wrote it" if newer else "migrate the data directory",
        )


def _version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
