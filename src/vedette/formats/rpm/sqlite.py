"""The values of a table in an SQLite database (sqlite.org, "Database File Format"), read without SQLite.

SQLite would need either a name to open, which a shut-in worker has not, or the whole database in memory. Only what rpm
needs is here: rows of a table with a row number, and in each the first value that is a blob. What a write-ahead log
beside the file holds and the file does not is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.formats.rpm.pieces import MOST, Pieces, big

_MAGIC: Final = b"SQLite format 3\0"
_INTERIOR, _LEAF = 5, 13
_DEEPEST: Final = 20
_FIXED: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8}
_Row = list[bytes | str | int | None]


def recognised(pieces: Pieces) -> bool:
    return pieces.starts(len(_MAGIC)) == _MAGIC


def blobs(pieces: Pieces, table: str) -> Iterator[bytes]:
    """The first blob of each row of ``table``. Raises ``ValueError`` at the first thing that is damaged."""
    tree = _Tree(pieces)
    for row in tree.rows(1):  # sqlite_schema: type, name, tbl_name, rootpage, sql
        if len(row) > 3 and row[:2] == ["table", table] and isinstance(row[3], int):
            for found in tree.rows(row[3]):
                yield next((value for value in found if isinstance(value, bytes)), b"")
            return
    raise ValueError("the database has no such table")


class _Tree:
    def __init__(self, pieces: Pieces) -> None:
        head = pieces.at(0, 100)
        size = big(head[16:18])
        self._page = 65_536 if size == 1 else size
        self._usable = self._page - head[20]
        if self._page < 512 or self._page & (self._page - 1) or self._usable < 480:
            raise ValueError("a page has no possible size")
        self._pieces = pieces
        self._pages = pieces.size // self._page

    def rows(self, root: int) -> Iterator[_Row]:
        # No page is in a tree twice, so one that leads in a circle is damaged.
        seen: set[int] = set()
        stack = [(root, 0)]
        while stack:
            number, depth = stack.pop()
            if number in seen or depth > _DEEPEST:
                raise ValueError("pages lead in a circle")
            seen.add(number)
            page = self._at(number)
            start = 100 if number == 1 else 0
            kind, count = page[start], big(page[start + 3 : start + 5])
            cells = start + (12 if kind == _INTERIOR else 8)
            if kind not in {_INTERIOR, _LEAF} or cells + 2 * count > len(page):
                raise ValueError("a page is of no table")
            places = [big(page[at : at + 2]) for at in range(cells, cells + 2 * count, 2)]
            if kind == _LEAF:
                for place in places:
                    yield _row(self._payload(page, place))
            else:
                below = [big(page[place : place + 4]) for place in places]
                below.append(big(page[start + 8 : start + 12]))
                stack.extend((each, depth + 1) for each in reversed(below))

    def _at(self, number: int) -> bytes:
        if not 1 <= number <= self._pages:
            raise ValueError("a page lies outside of the file")
        return self._pieces.at((number - 1) * self._page, self._page)

    def _payload(self, page: bytes, place: int) -> bytes:
        size, place = _varint(page, place)
        _, place = _varint(page, place)  # the row's number
        if size > min(MOST, self._pieces.size):
            raise ValueError("a row is larger than the file")
        most, least = self._usable - 35, (self._usable - 12) * 32 // 255 - 23
        here = size
        if size > most:
            here = least + (size - least) % (self._usable - 4)
            here = least if here > most else here
        payload = bytearray(page[place : place + here])
        if len(payload) != here:
            raise ValueError("a row leaves its page")
        following = big(page[place + here : place + here + 4]) if here < size else 0
        while len(payload) < size:
            more = self._at(following)
            following = big(more[:4])
            payload += more[4 : min(self._usable, 4 + size - len(payload))]
        return bytes(payload)


def _row(payload: bytes) -> _Row:
    length, place = _varint(payload, 0)
    kinds = []
    while place < length:
        kind, place = _varint(payload, place)
        kinds.append(kind)
    row: _Row = []
    place = length
    for kind in kinds:
        size = _FIXED.get(kind, 0) if kind < 12 else (kind - 12) // 2
        value = payload[place : place + size]
        if len(value) != size:
            raise ValueError("a row is shorter than its values")
        place += size
        if kind >= 12:
            row.append(value.decode("utf-8", "replace") if kind % 2 else value)
        else:
            row.append(None if kind == 0 else int.from_bytes(value, "big", signed=True))
    return row


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for step in range(9):
        if place >= len(data):
            raise ValueError("a number is cut off")
        byte = data[place]
        place += 1
        if step == 8:
            return value << 8 | byte, place
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            break
    return value, place
