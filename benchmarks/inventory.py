"""The inventory: processor time and memory of the real command, of this machine and of the shared set's hives."""

from __future__ import annotations

import contextlib
import lzma
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Figure, figure

MIB = 1 << 20
_HIVES = Path(__file__).parents[2] / "shared" / "data" / "hives"
# One Windows 10, as far as the set has it.
_WINDOWS_10 = {"SYSTEM": "SYSTEM-win10b", "SOFTWARE": "SOFTWARE-wine10", "NTUSER": "NTUSER-WSL"}
_COMMAND = (sys.executable, "-m", "vedette.cli", "inventory", "--json")
_EVERY = 0.02


def figures(quick: bool) -> Iterator[Figure]:
    """Seconds of processor time with all children, beside that of the bare command; memory of the command itself."""
    suffix = "_quick" if quick else ""
    bare = _used([sys.executable, "-m", "vedette.cli", "--help"])[0]
    seconds, peak, rows = _used(_COMMAND)
    yield figure(
        f"inventory_here{suffix}",
        seconds,
        "CPU s",
        "lower",
        target=5.0,
        against=f"{rows} rows of this machine; the bare command takes {bare:.2f} s",
    )
    yield figure(
        f"inventory_here_ratio{suffix}", seconds / bare, "ratio", "lower", against="--help"
    )
    yield figure(f"inventory_here_memory{suffix}", peak / MIB, "MiB", "lower", target=80.0)
    if not _HIVES.is_dir():
        return
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        given, size = [], 0
        for name, file in _WINDOWS_10.items():
            path = Path(folder) / name
            path.write_bytes(lzma.decompress((_HIVES / f"{file}.xz").read_bytes()))
            size += path.stat().st_size
            given += ["--registry", f"{name}={path}"]
        seconds, peak, rows = _used([*_COMMAND, *given])
    yield figure(
        f"inventory_windows_10{suffix}",
        seconds,
        "CPU s",
        "lower",
        target=4.0,
        against=f"{rows} rows of {len(_WINDOWS_10)} hives, {size / MIB:.0f} MiB",
    )
    yield figure(
        f"inventory_windows_10_ratio{suffix}", seconds / bare, "ratio", "lower", against="--help"
    )


def _used(command: Sequence[str]) -> tuple[float, int, int]:
    """Processor time in seconds of ``command`` and its children, its own largest resident size, lines printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        peak = [0]
        watcher = threading.Thread(target=_watch, args=(process, peak))
        watcher.start()
        rows = process.stdout.read().count(b"\n")
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, peak[0], rows


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while process.poll() is None:
        with contextlib.suppress(OSError, IndexError):
            resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * page
            peak[0] = max(peak[0], resident)
        time.sleep(_EVERY)
