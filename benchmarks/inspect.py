"""Facts about files, as ``vedette inspect`` and the agent get them: in the sandbox, one file after the other.

One core works at a time: this process waits while the worker reads. The signature is measured by itself
(``benchmarks.signature``).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pefile
import tlsh

from benchmarks.found import described, others, programs
from benchmarks.measure import Figure, figure
from vedette.clock import SystemClock
from vedette.errors import SandboxError
from vedette.filefacts import INSPECT
from vedette.filefacts.facts import FileFacts
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

MIB = 1 << 20
_CLOCK = SystemClock()
_ROUNDS = 3
_MEMORIES = (96, 128, 192, 256, 512)
_SMALL, _MIDDLE, _LARGE = 6 * MIB, 60 * MIB, 500 * MIB

Look = Callable[[Path], object]


def figures(quick: bool) -> Iterator[Figure]:
    """Files a second, against pefile on the same files, and what size costs."""
    suffix = "_quick" if quick else ""
    pes = programs()
    files = [*pes, *others(60 if quick else 240)]
    with Sandbox(INSPECT, FileFacts, Limits(wall=300), _CLOCK) as sandbox:
        look = partial(_look, sandbox)
        look(files[0])
        everything = statistics.median(_rate(look, files) for _ in range(_ROUNDS))
        yield figure(
            f"inspect_files{suffix}",
            everything,
            "files/s",
            "higher",
            target=100,
            against=described(files),
        )
        ours = statistics.median(_rate(look, pes) for _ in range(_ROUNDS))
        some = pes[:: 4 if quick else 2]
        peer = _rate(by_pefile, some)
        here = statistics.median(_rate(look, some) for _ in range(_ROUNDS))
        yield figure(
            f"inspect_pe{suffix}", ours, "files/s", "higher", target=100, against=described(pes)
        )
        yield figure(
            f"inspect_pefile_ratio{suffix}",
            here / peer,
            "ratio",
            "higher",
            target=20,
            against=f"pefile {peer:.1f}/s with the same fields of {described(some)}; here {here:.0f}/s",
        )
        yield from _sizes(look, pes[0], suffix)


def _sizes(look: Look, program: Path, suffix: str) -> Iterator[Figure]:
    """What a mebibyte costs in files of different sizes: ``program`` and varied data behind it."""
    seconds: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        path = Path(folder) / "grown"
        for size in (_SMALL, _MIDDLE, _LARGE):
            _grow(program, path, size)
            look(path)  # from the page cache, as a file that was just written or hashed
            seconds[size] = min(1 / _rate(look, [path]) for _ in range(1 if size == _LARGE else 3))
        enough = _enough(path)
    each = {size: took / (size / MIB) for size, took in seconds.items()}
    yield figure(
        f"inspect_linear{suffix}",
        each[_MIDDLE] / each[_SMALL],
        "ratio",
        "lower",
        target=1.5,
        against=f"a MiB of a file of 6 MiB takes {each[_SMALL] * 1000:.1f} ms; here of one of 60 MiB",
    )
    yield figure(
        f"inspect_500_mib{suffix}",
        seconds[_LARGE],
        "s",
        "lower",
        against=f"{each[_LARGE] / each[_SMALL]:.1f} times as long for each MiB as in a file of 6 MiB",
    )
    yield figure(
        f"inspect_500_mib_memory{suffix}",
        enough,
        "MiB",
        "lower",
        target=256,
        against="the lowest of several limits of a worker's own memory under which it is read",
    )


def _enough(path: Path) -> int:
    """The lowest of several limits, in MiB, with which a worker can look at the file."""
    for limit in _MEMORIES:
        limits = Limits(wall=300, memory=limit * MIB)
        with (
            contextlib.suppress(SandboxError),
            Sandbox(INSPECT, FileFacts, limits, _CLOCK) as sandbox,
        ):
            _look(sandbox, path)
            return limit
    raise RuntimeError("no limit is enough")


def _look(sandbox: Sandbox[FileFacts], path: Path) -> FileFacts:
    with path.open("rb") as file:
        return sandbox.call(file.fileno(), now=_CLOCK.now(), signature=False)


def by_pefile(path: Path) -> object:
    """The same facts, but the packer, from pefile; hashes from where everybody has them."""
    data = path.read_bytes()
    near = tlsh.Tlsh(data)
    near.final()
    hashes = [hash_(data).hexdigest() for hash_ in (hashlib.sha256, hashlib.sha1, hashlib.md5)]
    try:
        pe = pefile.PE(data=data)
    except pefile.PEFormatError:
        return hashes
    entropies = [section.get_entropy() for section in pe.sections]
    exports = getattr(getattr(pe, "DIRECTORY_ENTRY_EXPORT", None), "symbols", ())
    imports = {row.dll: len(row.imports) for row in getattr(pe, "DIRECTORY_ENTRY_IMPORT", ())}
    version = [
        entry.entries
        for block in getattr(pe, "FileInfo", ())
        for table in block
        for entry in getattr(table, "StringTable", ())
    ]
    whole = pe.sections[0].entropy_H(data) if pe.sections else 0.0
    facts = (pe.get_imphash(), pe.get_rich_header_hash(), pe.get_overlay_data_start_offset())
    pe.close()
    return hashes, entropies, whole, len(exports), imports, version, facts, near.hexdigest(1)


def _rate(look: Look, files: Sequence[Path]) -> float:
    began = _CLOCK.monotonic()
    for path in files:
        look(path)
    return len(files) / (_CLOCK.monotonic() - began)


def _grow(program: Path, path: Path, size: int) -> None:
    """Writes ``program`` and, behind it, bytes of every value in no order, up to ``size``."""
    with path.open("wb") as file:
        file.write(program.read_bytes())
        block = hashlib.shake_256(b"overlay").digest(MIB) if size <= _MIDDLE else os.urandom(MIB)
        while (left := size - file.tell()) > 0:
            file.write(block[:left])
