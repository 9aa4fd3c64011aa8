"""Makes hives as https://github.com/msuhanov/regf describes them, and the logs that lead from one to the next."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Literal

from vedette.formats.regf.marvin import marvin32

BLOCK, PAGE = 4096, 512
FILETIME = 133_500_000_000_000_000  # in January 2024
LINK = 0x10

Content = str | int | bytes | Sequence[str]
Tree = Mapping[str, object]
"""Keys by their names, values by theirs with "=" before them: ``{"Run": {"=Tool": "tool.exe"}}``."""


@dataclass
class Hive:
    """A hive of ``tree``. ``lists`` is the form of the lists of keys, ``split`` how many keys each of several has;
    ``links`` are the paths of keys that stand for others. After ``build``, ``keys`` and ``values`` are the places of
    cells by name.
    """

    tree: Tree = field(default_factory=dict)
    minor: int = 5
    lists: Literal[b"lh", b"lf", b"li"] = b"lh"
    split: int = 0
    sequences: tuple[int, int] = (1, 1)
    links: Sequence[str] = ()
    narrow: bool = True
    keys: dict[str, int] = field(default_factory=dict, init=False)
    values: dict[str, int] = field(default_factory=dict, init=False)
    lists_at: dict[str, int] = field(default_factory=dict, init=False)

    def build(self) -> bytes:
        self._cells = bytearray(32)
        root = self._key("ROOT", self.tree, "")
        size = -(-(len(self._cells) + 8) // BLOCK) * BLOCK
        free = size - len(self._cells)
        self._cells += struct.pack("<i", free) + bytes(free - 4)
        struct.pack_into("<4sII", self._cells, 0, b"hbin", 0, size)
        return base(self.sequences, root, size, self.minor) + bytes(self._cells)

    def _cell(self, content: bytes) -> int:
        place = len(self._cells)
        size = -(-(len(content) + 4) // 8) * 8
        self._cells += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return place

    def _name(self, name: str) -> tuple[bytes, bool]:
        try:
            return (
                (name.encode("latin-1"), True) if self.narrow else (name.encode("utf-16-le"), False)
            )
        except UnicodeEncodeError:
            return name.encode("utf-16-le"), False

    def _key(self, name: str, tree: Tree, path: str) -> int:
        place = self._cell(bytes(76 + len(self._name(name)[0])))
        self.keys[name] = place
        values = [self._value(n[1:], v) for n, v in tree.items() if n.startswith("=")]
        keys = [
            self._key(n, v, f"{path}\\{n}".strip("\\"))
            for n, v in tree.items()
            if not n.startswith("=") and isinstance(v, Mapping)
        ]
        values_at = self._cell(struct.pack(f"<{len(values)}I", *values)) if values else 0xFFFFFFFF
        keys_at = self._listed(keys) if keys else 0xFFFFFFFF
        self.lists_at[name] = keys_at
        written, narrow = self._name(name)
        flags = (LINK if path in self.links else 0) | (0x20 if narrow else 0)
        cell = struct.pack("<2sHQIIIIIIII", b"nk", flags, FILETIME, 0, 0, len(keys), 0, keys_at,
                           0xFFFFFFFF, len(values), values_at)  # fmt: skip
        cell += struct.pack("<II16x4xHH", 0xFFFFFFFF, 0xFFFFFFFF, len(written), 0) + written
        self._cells[place + 4 : place + 4 + len(cell)] = cell
        return place

    def _listed(self, keys: list[int]) -> int:
        if self.split and len(keys) > self.split:
            parts = [keys[i : i + self.split] for i in range(0, len(keys), self.split)]
            lists = [self._listed(part) for part in parts]
            return self._cell(struct.pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))
        entries = [(key,) if self.lists == b"li" else (key, 0) for key in keys]
        body = b"".join(struct.pack(f"<{len(entry)}I", *entry) for entry in entries)
        return self._cell(struct.pack("<2sH", self.lists, len(keys)) + body)

    def _value(self, name: str, content: object) -> int:
        kind, data = content if isinstance(content, tuple) else encoded(content)
        written, narrow = self._name(name)
        if len(data) <= 4:
            size, at = 0x80000000 | len(data), int.from_bytes(data.ljust(4, b"\0"), "little")
        elif len(data) > 16344 and self.minor > 3:
            size, at = len(data), self._segmented(data)
        else:
            size, at = len(data), self._cell(data)
        place = self._cell(
            struct.pack("<2sHIIIHH", b"vk", len(written), size, at, kind, int(narrow), 0) + written
        )
        self.values[name] = place
        return place

    def _segmented(self, data: bytes) -> int:
        parts = [self._cell(data[i : i + 16344]) for i in range(0, len(data), 16344)]
        listed = self._cell(struct.pack(f"<{len(parts)}I", *parts))
        return self._cell(struct.pack("<2sHI", b"db", len(parts), listed))


def encoded(content: object) -> tuple[int, bytes]:
    match content:
        case str():
            return 1, (content + "\0").encode("utf-16-le")
        case int():
            return 4, struct.pack("<I", content)
        case bytes():
            return 3, content
        case list():
            return 7, "".join(f"{text}\0" for text in [*content, ""]).encode("utf-16-le")
    raise TypeError(content)


def base(sequences: tuple[int, int], root: int, size: int, minor: int = 5, kind: int = 0) -> bytes:
    """A hive's first block."""
    block = bytearray(BLOCK)
    struct.pack_into(
        "<4sIIQIIIIII", block, 0, b"regf", *sequences, FILETIME, 1, minor, kind, 1, root, size
    )
    return summed(block)


def summed(block: bytearray) -> bytes:
    """``block`` with the sum that belongs to it."""
    total = reduce(xor, struct.unpack_from("<127I", block))
    struct.pack_into("<I", block, 508, {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(total, total))
    return bytes(block)


def with_sequences(hive: bytes, primary: int, secondary: int) -> bytes:
    block = bytearray(hive[:BLOCK])
    struct.pack_into("<II", block, 4, primary, secondary)
    return summed(block) + hive[BLOCK:]


def poked(hive: bytes, place: int, form: str, *values: int) -> bytes:
    """``hive`` with ``values`` packed into the cell at ``place``, from the start of its content on."""
    changed = bytearray(hive)
    struct.pack_into(form, changed, BLOCK + place + 4, *values)
    return bytes(changed)


Log = Callable[[bytes, bytes, int], bytes]


def new_log(before: bytes, after: bytes, number: int) -> bytes:
    """A log of Windows 8.1 and later with the write ``number``, which makes ``before`` to ``after``."""
    return log_head(after, number, 6) + entry(before, after, number)


def old_log(before: bytes, after: bytes, number: int) -> bytes:
    """The same as earlier Windows wrote it."""
    pages = _changed(before, after)
    bits = bytearray((len(after) - BLOCK) // PAGE // 8)
    for place, _ in pages:
        bits[place // PAGE // 8] |= 1 << place // PAGE % 8
    vector = b"DIRT" + bits
    vector = vector.ljust(-(-len(vector) // PAGE) * PAGE, b"\0")
    return log_head(after, number, 1) + vector + b"".join(page for _, page in pages)


def log_head(hive: bytes, number: int, kind: int) -> bytes:
    root, size = struct.unpack_from("<II", hive, 36)
    return base((number, number), root, size, kind=kind)[:PAGE]


def entry(before: bytes, after: bytes, number: int) -> bytes:
    """One write in the log of a newer Windows."""
    pages = _changed(before, after)
    body = b"".join(struct.pack("<II", place, len(page)) for place, page in pages)
    body += b"".join(page for _, page in pages)
    length = -(-(40 + len(body)) // PAGE) * PAGE
    body = body.ljust(length - 40, b"\0")
    head = struct.pack("<4sIIIII", b"HvLE", length, 0, number, len(after) - BLOCK, len(pages))
    head += struct.pack("<Q", marvin32(body))
    return head + struct.pack("<Q", marvin32(head)) + body


def _changed(before: bytes, after: bytes) -> list[tuple[int, bytes]]:
    places = range(BLOCK, len(after), PAGE)
    return [
        (place - BLOCK, after[place : place + PAGE])
        for place in places
        if before[place : place + PAGE] != after[place : place + PAGE]
    ]
