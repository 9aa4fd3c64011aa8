"""The folder in which a computer keeps its membership: private to its owner, written so that a crash leaves
old or new.

::

    join            the join string                     spool.db      what waits to be sent
    install.key     this install's key                  sent.db       every request ever sent
    install.json    its id at the network               verdicts.db   what the network decided about files
    consent.jsonl   the ledger of receipts              agent.lock    held by the running agent
    announced       the receipt the network knows       change.lock   held while membership changes
    standing.json   why the network turned it away
    authority.json  the network's verified authority  announce.lock  held while the network is told of it
    protection      there: verdicts are wanted
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from vedette.crypto.keys import sync_folder
from vedette.endpoint.locks import lock
from vedette.errors import NotPermitted, StoreUnusable

JOIN: Final = "join"
KEY: Final = "install.key"
INSTALL: Final = "install.json"
LEDGER: Final = "consent.jsonl"
ANNOUNCED: Final = "announced"
STANDING: Final = "standing.json"
AUTHORITY: Final = "authority.json"
PROTECTION: Final = "protection"
SPOOL: Final = "spool.db"
SENT: Final = "sent.db"
VERDICTS: Final = "verdicts.db"
_AGENT_LOCK: Final = "agent.lock"
_CHANGE_LOCK: Final = "change.lock"
_ANNOUNCE_LOCK: Final = "announce.lock"


class StateFolder:
    """The folder at ``path``. It need not exist until something is written."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path

    def create(self) -> None:
        """Makes the folder (mode 0700) unless it is there, and checks it. Raises as ``check`` does."""
        with self._translated():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
        self.check()

    def check(self) -> None:
        """That the folder is this user's alone. Nothing is wrong with one that is not there. On Windows it is by what
        it inherits from the profile that it lies in, and its owner is not asked for.

        Raises ``NotPermitted`` where it belongs to somebody else or others can look into it.
        """
        with self._translated():
            try:
                found = self.path.lstat()
            except FileNotFoundError:
                return
        if not stat.S_ISDIR(found.st_mode):
            raise NotPermitted("the state folder is not a folder", "move away what is in its place")
        if sys.platform == "win32":
            return
        if found.st_uid != os.geteuid():
            raise NotPermitted(
                "the state folder belongs to another user", "run this as the user whose agent it is"
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise NotPermitted("others can look into the state folder", "set its mode to 0700")

    def file(self, name: str) -> Path:
        """Where the file ``name`` lies, whether or not it is there."""
        return self.path / name

    def has(self, name: str) -> bool:
        with self._translated():
            return self.file(name).exists()

    def read(self, name: str) -> bytes | None:
        """The content of ``name``; ``None`` where it is not there."""
        with self._translated():
            try:
                return self.file(name).read_bytes()
            except FileNotFoundError:
                return None

    def stamp(self, name: str) -> tuple[int, int, int] | None:
        """Something that changes whenever ``name`` is written; ``None`` where it is not there."""
        with self._translated():
            try:
                found = self.file(name).stat()
            except FileNotFoundError:
                return None
        return (found.st_ino, found.st_size, found.st_mtime_ns)

    def write(self, name: str, content: bytes) -> None:
        """Puts ``content`` in place of ``name`` as a whole, durable when this returns."""
        self.create()
        temporary = self.file(f".{name}.{os.getpid()}")
        with self._translated():
            try:
                with _opened(temporary) as file:
                    file.truncate(0)
                    file.write(content)
                    os.fsync(file.fileno())
                temporary.replace(self.file(name))
            finally:
                temporary.unlink(missing_ok=True)
            self._flush()

    def append(self, name: str, line: bytes, after: int) -> None:
        """Writes ``line`` behind the first ``after`` bytes of ``name``, durable when this returns; what stood
        there was torn.
        """
        self.create()
        with self._translated():
            fresh = not self.file(name).exists()
            with _opened(self.file(name)) as file:
                file.truncate(after)
                file.seek(after)
                file.write(line)
                os.fsync(file.fileno())
            if fresh:
                self._flush()

    def remove(self, name: str) -> None:
        """Takes ``name`` away, if it is there."""
        with self._translated():
            self.file(name).unlink(missing_ok=True)
            if self.path.exists():
                self._flush()

    def put_aside(self, name: str, as_name: str) -> None:
        """Renames ``name``, if it is there."""
        with self._translated(), contextlib.suppress(FileNotFoundError):
            self.file(name).replace(self.file(as_name))
            self._flush()

    @contextlib.contextmanager
    def agent(self) -> Iterator[None]:
        """Holds the folder for the one agent that may run on it. Raises ``StoreUnusable`` where another does."""
        with self._locked(_AGENT_LOCK, wait=False):
            yield

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the folder while membership changes; waits for whoever else is changing it."""
        with self._locked(_CHANGE_LOCK):
            yield

    @contextlib.contextmanager
    def announcing(self) -> Iterator[None]:
        """Holds the right to tell the network what is granted, so that it hears of it in order; waits
        likewise.
        """
        with self._locked(_ANNOUNCE_LOCK):
            yield

    def _locked(self, name: str, *, wait: bool = True) -> BinaryIO:
        """The lock file ``name``, locked until it is closed."""
        self.create()
        with self._translated(), contextlib.ExitStack() as undo:
            file = undo.enter_context(_opened(self.file(name)))
            try:
                lock(file.fileno(), wait=wait)
            except BlockingIOError:
                raise StoreUnusable(
                    "another agent already runs on this state folder", "stop it first"
                ) from None
            undo.pop_all()
            return file

    def _flush(self) -> None:
        sync_folder(self.path)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise NotPermitted(
                "the state folder is closed to this user", "run this as the user whose agent it is"
            ) from error
        except OSError as error:
            raise StoreUnusable(
                f"the state folder cannot be used ({os.strerror(error.errno or 0)})",
                "check the disk and the folder",
            ) from error


def _opened(path: Path) -> BinaryIO:
    """The file at ``path``, made if need be, for this user alone; never through a link."""
    return open(path, "r+b", buffering=0, opener=_private)


def _private(path: str, flags: int) -> int:
    # Windows has no such flag; there it takes an administrator to make a link.
    return os.open(path, flags | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
