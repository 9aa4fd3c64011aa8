"""A network's past: many installs, and what each of them has seen, put straight into the databases.

Every install has seen ``UNIQUE`` files that nobody else has, and ``COMMON`` of the popular ones, the first of those
most often: the same shares and the same preference as in the reports to come.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import insert

from vedette.clock import micros
from vedette.store.database import open_database, writing
from vedette.store.registry_schema import INSTALLS, SCHEMA, TOKENS
from vedette.store.state import State

UNIQUE, COMMON = 100, 400
POPULAR = 100_000
_ORGANISATIONS = 1_000
_AT_ONCE = 1_000  # installs

Files = npt.NDArray[np.void]


def popular() -> list[bytes]:
    """The digests of the files that many have, the most frequent first."""
    chance = random.Random(0)
    return [chance.randbytes(32) for _ in range(POPULAR)]


def name(number: int) -> str:
    """The id of the install with this number."""
    return hashlib.sha256(f"install {number}".encode()).hexdigest()[:32]


def enrol(path: Path, installs: int, now: datetime) -> None:
    """Puts ``installs`` computers into the registry at ``path``, each with a token of its own."""
    engine = open_database(path, SCHEMA)
    numbers = range(1, installs + 1)
    with writing(engine) as connection:
        connection.execute(
            insert(TOKENS),
            [
                {
                    "id": number,
                    "hash": hashlib.sha256(b"token %d" % number).digest(),
                    "managed": False,
                    "expires": micros(now),
                    "spent_by": number,
                }
                for number in numbers
            ],
        )
        connection.execute(
            insert(INSTALLS),
            [
                {
                    "number": number,
                    "install": name(number),
                    "public_key": hashlib.sha256(b"key %d" % number).digest(),
                    "erasure_key": hashlib.sha256(b"erasure %d" % number).digest(),
                    "organisation": f"organisation {number % _ORGANISATIONS}",
                    "managed": False,
                    "token_id": number,
                    "prefix_hash": hashlib.sha256(b"prefix %d" % number).digest(),
                    "joined": micros(now),
                }
                for number in numbers
            ],
        )
    engine.dispose()


def remember(path: Path, installs: int, files: Sequence[bytes], now: datetime) -> int:
    """Fills the state at ``path`` with the sightings of ``installs`` computers, in the order in which they are kept;
    how many those are.
    """
    State.open(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
        connection.execute(f"PRAGMA {pragma}")
    chance = np.random.default_rng(1)
    computers = np.zeros(len(files), dtype=np.int64)
    own: list[bytes] = []
    seen = micros(now - timedelta(days=10))
    connection.execute("BEGIN")
    for first in range(1, installs + 1, _AT_ONCE):
        last = min(first + _AT_ONCE, installs + 1)
        rows = _sightings(range(first, last), files, computers, own, chance, seen)
        connection.executemany("INSERT INTO sightings VALUES (?, ?, ?, ?, ?)", rows)
    connection.executemany(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?)", _files(files, computers, own, seen)
    )
    connection.execute("COMMIT")
    connection.close()
    return int(computers.sum()) + installs * UNIQUE


def _sightings(
    installs: range,
    files: Sequence[bytes],
    computers: npt.NDArray[np.int64],
    own: list[bytes],
    chance: np.random.Generator,
    seen: int,
) -> Iterator[tuple[int, bytes, int, int, int]]:
    """The rows of some installs. Adds to ``computers`` (of the popular files) and to ``own`` (all others, of an
    install together).
    """
    for install in installs:
        # A few more are drawn than are kept: some are drawn twice.
        drawn = np.unique((len(files) * chance.random(COMMON + 60) ** 3).astype(np.int64))
        common = chance.permutation(drawn)[:COMMON]
        computers[common] += 1
        unique = chance.bytes(32 * UNIQUE)
        own.append(unique)
        digests = [files[index] for index in common]
        digests += [unique[start : start + 32] for start in range(0, len(unique), 32)]
        digests.sort()
        for digest in digests:
            yield install, digest, seen, seen, 1


def _files(
    files: Sequence[bytes], computers: npt.NDArray[np.int64], own: list[bytes], seen: int
) -> Iterator[tuple[bytes, int, int, int, int]]:
    joined = b"".join((*files, *own))
    own.clear()
    counts = np.concatenate([computers, np.ones(len(joined) // 32 - len(files), dtype=np.int64)])
    # By their first eight bytes: nearly always the order of all 32.
    order = np.argsort(np.frombuffer(joined, dtype=">u8")[::4], kind="stable")
    for place, count in zip(order.tolist(), counts[order].tolist(), strict=True):
        if count:
            yield joined[32 * place : 32 * place + 32], count, seen, seen, count
