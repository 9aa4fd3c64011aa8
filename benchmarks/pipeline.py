"""The whole pipeline, log to state and lake, with many sightings stored already, until nothing is behind.

Another process appends envelopes of the stated mix to the log as fast as it can, while the network's own pipeline
process takes them in. The time counts from the first envelope until state and lake have all of them.
"""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks import past
from benchmarks.measure import Figure, figure
from benchmarks.reports import DETECTIONS, EVENTS, batches, body
from vedette.catalogue import discover
from vedette.clock import SystemClock
from vedette.ingest.consumers import DERIVER, LAKE
from vedette.ingest.decode import decode
from vedette.network.data import DataFolder
from vedette.network.settings import SETTINGS_VARIABLE, NetworkSettings
from vedette.store.log import Arrival, SqliteLog
from vedette.testing.fleet import Facts

_CLOCK = SystemClock()
_GROUP = 64  # envelopes in one commit to the log
_THREATS = 2_000  # files that all detections are of
_READ = 8 << 20


def figures(quick: bool) -> Iterator[Figure]:
    """Events a second; and that against the same events decoded from the same log and thrown away."""
    installs, envelopes, form = (4_000, 1_000, "2M") if quick else (100_000, 4_800, "50M")
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        settings = NetworkSettings(data=folder, log_level="ERROR")
        data = DataFolder(settings.folder)
        data.prepare(_CLOCK.now())
        began = time.monotonic()
        past.enrol(data.path / "registry.db", installs, _CLOCK.now())
        stored = past.remember(data.path / "state.db", installs, past.popular(), _CLOCK.now())
        os.sync()
        print(f"{stored:,} sightings stored in {time.monotonic() - began:.0f} s", file=sys.stderr)
        taken = _taken(settings, data, installs, envelopes)
        events = envelopes * EVENTS
        ceiling = events / _decoded(data.path / "log.db")
    rate = events / max(taken.values())
    each = ", ".join(f"{consumer} {events / seconds:,.0f}/s" for consumer, seconds in taken.items())
    yield figure(
        f"pipeline_{form}_sightings", rate, "events/s", "higher", target=30_000.0, against=each
    )
    yield figure(
        f"pipeline_{form}_ratio",
        rate / ceiling,
        "ratio",
        "higher",
        against=f"{ceiling:,.0f} events/s decoded to Arrow and thrown away",
    )


def write(folder: Path, installs: int, envelopes: int) -> None:
    """Appends ``envelopes`` of that many installs to the log, as ingest does."""
    log = SqliteLog(folder / "log.db")
    files = past.popular()
    facts = Facts(2, _CLOCK, known=files)
    chance = random.Random(3)
    threats = [chance.randbytes(32) for _ in range(_THREATS)]
    sequences = dict.fromkeys(range(1, installs + 1), 0)
    made = (
        _arrival(facts, chance.randint(1, installs), sequences, chance.sample(threats, DETECTIONS))
        for _ in range(envelopes)
    )
    while group := list(itertools.islice(made, _GROUP)):
        log.append(group)
    log.close()


def _arrival(
    facts: Facts, number: int, sequences: dict[int, int], detected: list[bytes]
) -> Arrival:
    sequences[number] += 1
    install, sequence = past.name(number), sequences[number]
    content = body(install, "receipt", sequence, batches(facts, detected))
    digest = hashlib.sha256(content).digest()
    return Arrival(number, install, sequence, _CLOCK.now(), digest, content, b"{}")


def _taken(
    settings: NetworkSettings, data: DataFolder, installs: int, envelopes: int
) -> dict[str, float]:
    """Seconds until each consumer has taken everything."""
    environment = {**os.environ, SETTINGS_VARIABLE: msgspec.json.encode(settings).decode()}
    command = [sys.executable, "-m", "vedette.network.pipeline"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as process:
        time.sleep(3)  # until it waits for the first envelope
        began = time.monotonic()
        writer = multiprocessing.get_context("spawn").Process(
            target=write, args=(data.path, installs, envelopes)
        )
        writer.start()
        taken: dict[str, float] = {}
        state = data.state()
        while len(taken) < 2:
            time.sleep(0.05)
            if process.poll() is not None or (writer.exitcode or 0) != 0:
                raise RuntimeError("the pipeline or what writes its log has ended")
            for consumer in (DERIVER, LAKE):
                if consumer not in taken and state.consumed(consumer) >= envelopes:
                    taken[consumer] = time.monotonic() - began
        state.close()
        writer.join()
        assert process.stdin is not None
        process.stdin.close()
    return taken


def _decoded(path: Path) -> float:
    """Seconds that reading and decoding the log take."""
    log, schemas = SqliteLog(path), discover().schemas
    began, offset = time.monotonic(), 0
    while entries := log.read(offset, _READ):
        offset = decode(entries, schemas).end
    took = time.monotonic() - began
    log.close()
    return took
