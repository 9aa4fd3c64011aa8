"""The terms: what is collected, row by row, and the released versions that receipts name.

A row says that one field of one item, of this kind and transformed in this way, may be reported under this
clause for these purposes until its expiry. The digest covers the rows alone, never the words of the statement.
Terms that people have agreed to are frozen: ``terms/NNNN.json`` holds one version each, and ``terms/RELEASED``
the digests that may never change. The network checks an envelope against the terms that its receipt names, so
all released versions stay readable for good.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import msgspec

from vedette.errors import DeclarationError, StatementMismatch
from vedette.statement.clauses import CLAUSES, Purpose, Tier, clause

_FILE = re.compile(r"([0-9]{4})\.json")
_RELEASED_LINE = re.compile(r"([0-9]{4}) ([0-9a-f]{64})")


class Term(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """One field of one item. ``expires``: the last day of collection, as ``YYYY-MM-DD``."""

    clause: str
    item: str
    field: str
    kind: str
    transform: str
    purposes: tuple[Purpose, ...]
    expires: str


class Terms:
    """Rows that a person agrees to as a whole. The order in which they are given does not matter.

    Raises ``DeclarationError`` where rows contradict each other or rest on no clause.
    """

    def __init__(self, rows: Iterable[Term] = ()) -> None:
        self.rows: Final = tuple(sorted(rows, key=lambda row: (row.item, row.field)))
        self._fields: dict[str, set[str]] = {}
        self._clauses: dict[str, str] = {}
        for row in self.rows:
            fields = self._fields.setdefault(row.item, set())
            if row.field in fields:
                raise _wrong("name a field twice")
            if self._clauses.setdefault(row.item, row.clause) != row.clause:
                raise _wrong("put one item under two clauses")
            if row.clause not in CLAUSES:
                raise _wrong("rest on a clause that the statement lacks")
            if not row.purposes or list(row.purposes) != sorted(set(row.purposes)):
                raise _wrong("name no purpose, or name purposes twice or out of order")
            fields.add(row.field)

    @cached_property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of ``dump``."""
        return hashlib.sha256(self.dump().encode()).hexdigest()

    @property
    def items(self) -> frozenset[str]:
        """The items that these terms cover."""
        return frozenset(self._fields)

    def covers(self, item: str) -> bool:
        """Whether ``item`` may be reported at all."""
        return item in self._fields

    def fields(self, item: str) -> frozenset[str]:
        """The fields of ``item`` that may be reported; none of an item that is not covered."""
        return frozenset(self._fields.get(item, ()))

    def tier(self, item: str) -> Tier:
        """The tier that ``item`` needs. Raises ``StatementMismatch`` for an item that is not covered."""
        if item not in self._clauses:
            raise StatementMismatch("these terms do not cover the item", "agree to terms that do")
        return clause(self._clauses[item]).tier

    def expires(self, item: str) -> str:
        """The last day, as ``YYYY-MM-DD``, on which all of ``item`` may be reported; nothing if it is not covered."""
        return min((row.expires for row in self.rows if row.item == item), default="")

    def dump(self) -> str:
        """The rows as canonical JSON: sorted, compact, no character escaped that need not be."""
        return msgspec.json.encode(self.rows, order="sorted").decode()

    @classmethod
    def load(cls, data: str | bytes) -> Terms:
        """The terms in ``data``. Raises ``StatementMismatch`` where they cannot be understood by this version."""
        try:
            return cls(msgspec.json.decode(data, type=tuple[Term, ...]))
        except (msgspec.DecodeError, UnicodeDecodeError, DeclarationError) as error:
            raise StatementMismatch(
                "a terms file is not readable", "install this version of Vedette again"
            ) from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Terms) and self.rows == other.rows

    def __hash__(self) -> int:
        return hash(self.rows)

    def __repr__(self) -> str:
        return f"Terms({len(self._fields)} items, {self.digest[:12]})"


def read_released(folder: Traversable) -> Mapping[int, Terms]:
    """The terms in ``folder`` by number, oldest first.

    Raises ``StatementMismatch`` where a file that ``RELEASED`` lists is missing or no longer has the digest listed.
    """
    found = {
        int(name[1]): Terms.load(file.read_bytes())
        for file in folder.iterdir()
        if (name := _FILE.fullmatch(file.name))
    }
    for number, digest in promised(folder).items():
        if number not in found or found[number].digest != digest:
            raise StatementMismatch(
                f"the released terms {number:04} are not what they were",
                "install this version of Vedette again",
            )
    return dict(sorted(found.items()))


def promised(folder: Traversable | None = None) -> Mapping[int, str]:
    """The numbers and digests in ``RELEASED``. Raises ``StatementMismatch`` for a line of another form."""
    file = (folder or _folder()) / "RELEASED"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    listed = [line for line in lines if line.strip() and not line.startswith("#")]
    matches = [_RELEASED_LINE.fullmatch(line) for line in listed]
    digests = {int(match[1]): match[2] for match in matches if match}
    if len(digests) != len(listed):
        raise StatementMismatch(
            "the list of released terms is not readable", "correct terms/RELEASED"
        )
    return digests


@cache
def _numbered() -> Mapping[int, Terms]:
    return read_released(_folder())


@cache
def released() -> Mapping[str, Terms]:
    """All terms that this version knows, by digest."""
    return {terms.digest: terms for terms in _numbered().values()}


def newest() -> tuple[int, Terms]:
    """The number of the newest terms, and they. Raises ``StatementMismatch`` where this version has none."""
    if not _numbered():
        raise StatementMismatch(
            "no terms are installed", "run `make docs` or install Vedette again"
        )
    number = max(_numbered())
    return number, _numbered()[number]


def current() -> Terms:
    """The terms that a new agreement is about: the newest. Raises as ``newest`` does."""
    return newest()[1]


def _folder() -> Traversable:
    return resources.files("vedette.statement") / "terms"


def _wrong(what: str) -> DeclarationError:
    return DeclarationError(f"the terms {what}", "correct the declaration of the item")
