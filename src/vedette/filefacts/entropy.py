"""Shannon entropy of parts of a file, in bits per byte.

Counting bytes is what costs most of all facts. Python's own ``Counter`` does some 30 MB/s, and nothing that an
endpoint has installed counts bytes in C and hands out the counts. LIEF counts them in C to say what the entropy of a
section is, at over 900 MB/s. So the parts that are asked for are laid out as the sections of a portable executable
made here; LIEF reads no header of the file itself.

The copies that this takes are three times the parts. What is too large for that is counted in Python.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import lief

from vedette.filefacts.content import WHOLE, Content, chunks

Part: TypeAlias = tuple[int, int]
"""Where a part begins and ends, both within the file."""

_DOS_HEADER: Final = b"MZ" + bytes(58) + struct.pack("<I", 64)  # e_lfanew: the headers follow
_FILE_HEADER: Final = struct.Struct("<4sHH12xHH")  # with the signature before it
_OPTIONAL_HEADER: Final = struct.pack("<H238x", 0x20B)  # PE32+
_SECTION: Final = struct.Struct("<8x4I16x")  # VirtualSize to PointerToRawData
_AMD64: Final = 0x8664
_PAGE: Final = 0x1000
_MOST: Final = 900  # LIEF reads the first thousand sections


def entropies(content: Content, parts: Sequence[Part]) -> list[float]:
    """The entropy of each of ``parts``: 0 for an empty one, 8 for one that cannot be told from noise."""
    found: dict[Part, float] = {}
    for batch in _batches({(start, end) for start, end in parts if start < end}):
        found.update(zip(batch, _counted_by_lief([content[s:e] for s, e in batch]), strict=True))
    return [
        found[part] if part in found else _counted(content, part) if part[0] < part[1] else 0.0
        for part in parts
    ]


def _batches(parts: set[Part]) -> Iterator[list[Part]]:
    """``parts`` in lists whose copies fit into memory, without those that never do."""
    batch: list[Part] = []
    room = WHOLE
    for start, end in sorted(parts):
        if end - start > WHOLE:
            continue
        if end - start > room or len(batch) == _MOST:
            yield batch
            batch, room = [], WHOLE
        batch.append((start, end))
        room -= end - start
    if batch:
        yield batch


def _counted_by_lief(parts: Sequence[bytes]) -> list[float]:
    rows: list[bytes] = []
    place = 64 + _FILE_HEADER.size + len(_OPTIONAL_HEADER) + _SECTION.size * len(parts)
    address = _PAGE
    for part in parts:
        rows.append(_SECTION.pack(len(part), address, len(part), place))
        place += len(part)
        address += _PAGE
    header = _FILE_HEADER.pack(b"PE\0\0", _AMD64, len(parts), len(_OPTIONAL_HEADER), 0x22)
    made = lief.PE.parse(
        b"".join((_DOS_HEADER, header, _OPTIONAL_HEADER, *rows, *parts)), _config()
    )
    assert made is not None
    return [abs(section.entropy) for section in made.sections]


def _config() -> lief.PE.ParserConfig:
    config = lief.PE.ParserConfig()
    config.parse_imports = config.parse_exports = config.parse_rsrc = False
    config.parse_reloc = config.parse_signature = False
    return config


def _counted(content: Content, part: Part) -> float:
    counts: Counter[int] = Counter()
    for chunk in chunks(content, *part):
        counts.update(chunk)
    total = part[1] - part[0]
    return abs(sum(n / total * math.log2(total / n) for n in counts.values()))
