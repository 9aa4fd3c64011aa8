"""Real files to measure with: those that this environment's packages bring, and the shared set where it lies beside
the checkout.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

LARGEST = 8 << 20
_SHARED = Path(__file__).parents[2] / "shared" / "data" / "pe"
_PLACES = (
    (Path(sys.prefix), "**/*.exe"),
    (Path(sys.prefix), "**/*.dll"),
    (Path("/usr/lib"), "**/*.efi*"),
    (Path("/boot"), "**/*.efi"),
    (_SHARED, "*"),
)
_OTHERS = ((Path(sys.prefix), "**/*.so*"), (Path("/usr/bin"), "*"), (Path(sys.prefix), "**/*.py"))


def programs() -> list[Path]:
    """Portable executables, each content once."""
    return _once(_PLACES, lambda head: head.startswith(b"MZ"), 1000)


def others(most: int) -> list[Path]:
    """ELF files, scripts and whatever else programs consist of, each content once."""
    share = most // len(_OTHERS)
    return [path for place in _OTHERS for path in _once([place], bool, share)]


def described(files: Sequence[Path]) -> str:
    """How many and how large."""
    sizes = [path.stat().st_size for path in files]
    kib = statistics.median(sizes) / 1024
    return f"{len(files)} files, median {kib:,.0f} KiB, together {sum(sizes) / (1 << 20):,.1f} MiB"


def _once(
    places: Sequence[tuple[Path, str]], wanted: Callable[[bytes], bool], most: int
) -> list[Path]:
    seen: set[bytes] = set()
    found: list[Path] = []
    for folder, pattern in places:
        for path in sorted(folder.glob(pattern)):
            if len(found) == most:
                return found
            if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                continue
            content = path.read_bytes()
            digest = hashlib.sha256(content).digest()
            if wanted(content[:2]) and digest not in seen:
                seen.add(digest)
                found.append(path)
    return found
