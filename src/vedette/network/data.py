"""The network's data folder: what lies in it, and how it is made at the first start.

::

    authority/ca.pem, ca.key          the certificate authority, made once
    authority/signer.key, signer.pem  the key that signs verdicts, and its certificate
    authority/server.pem, server.key  issued anew at each start
    authority/prefix.key              of the hash of joining addresses
    registry.db                       tokens, installs, consents
    log.db                            accepted envelopes
    state.db                          what is derived from the log; the journal of verdicts
    lake/                             every accepted row
    network.lock, pipeline.lock       held by the network that runs on it, and by its pipeline
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from vedette.clock import Clock
from vedette.crypto.authority import Authority, AuthorityDocument
from vedette.crypto.keys import SigningKey, sync_folder, write_secret
from vedette.errors import StoreUnusable
from vedette.store.lake import DeltaLake
from vedette.store.log import SqliteLog
from vedette.store.registry import Registry
from vedette.store.state import State

_LOOK: Final = 0.05  # seconds between two looks at whether a lock is free


class DataFolder:
    """The folder at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._authority = path / "authority"

    def prepare(self, now: datetime) -> None:
        """Makes what is missing, readable by its owner only. Raises ``StoreUnusable`` or ``KeyUnreadable``."""
        try:
            fresh = not self._authority.exists()
            self._authority.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.path.parent, self.path) if fresh else ():
                sync_folder(folder)
            with self._made_by_one():
                self._make_keys(now)
        except OSError as error:
            raise StoreUnusable(
                "the data folder cannot be made", "check the path and its rights"
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder for one running network. Raises ``StoreUnusable`` where another runs on it."""
        with (self.path / "network.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StoreUnusable(
                    "another network runs on this data folder", "stop it first"
                ) from error
            yield

    @contextmanager
    def locked_for_pipeline(self, clock: Clock, stop: threading.Event) -> Iterator[None]:
        """Holds what the pipeline writes. Waits for the pipeline of a network that was killed to end its last
        step, but no longer than until ``stop`` is set.
        """
        with (self.path / "pipeline.lock").open("ab") as lock:
            while not stop.is_set():
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    clock.sleep(_LOOK, stop)
            yield

    def certify(self, names: list[str], now: datetime) -> tuple[Path, Path]:
        """The server's certificate for ``names`` and its key, issued anew; their paths. Also renews the
        signer's certificate.
        """
        authority = Authority.load(self._authority)
        certificate, key = authority.issue_server(names, now)
        for name, content in (
            ("server.pem", certificate.encode()),
            ("server.key", key),
            ("signer.pem", authority.issue_signer(self.signer().public, now).encode()),
        ):
            self._replace(name, content)
        return self._authority / "server.pem", self._authority / "server.key"

    def signer(self) -> SigningKey:
        """The key that signs verdicts. Raises ``KeyUnreadable``."""
        return SigningKey.load(self._authority / "signer.key")

    def authority_document(self) -> AuthorityDocument:
        """What the network says of itself."""
        pems = [(self._authority / name).read_text() for name in ("ca.pem", "signer.pem")]
        return AuthorityDocument(pems[0], pems[1:])

    def fingerprint(self) -> str:
        """The authority's fingerprint. Raises ``KeyUnreadable`` before the first start."""
        return Authority.load(self._authority).fingerprint

    def prefix_key(self) -> bytes:
        """The key of the hash of joining addresses."""
        return (self._authority / "prefix.key").read_bytes()

    def registry(self) -> Registry:
        return Registry.open(self.path / "registry.db")

    def log(self) -> SqliteLog:
        return SqliteLog(self.path / "log.db")

    def state(self) -> State:
        return State.open(self.path / "state.db")

    def lake(self) -> DeltaLake:
        return DeltaLake(self.path / "lake")

    @contextmanager
    def _made_by_one(self) -> Iterator[None]:
        """A network and a command may find the folder empty at the same time."""
        folder = os.open(self._authority, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _make_keys(self, now: datetime) -> None:
        if not (self._authority / "ca.key").exists():
            Authority.create("authority", now).save(self._authority)
        if not (self._authority / "signer.key").exists():
            SigningKey.generate().save(self._authority / "signer.key")
        if not (self._authority / "prefix.key").exists():
            write_secret(self._authority / "prefix.key", secrets.token_bytes(32))

    def _replace(self, name: str, content: bytes) -> None:
        temporary = self._authority / f"{name}.new"  # where one is left, its maker was killed
        temporary.unlink(missing_ok=True)
        write_secret(temporary, content)
        temporary.replace(self._authority / name)
