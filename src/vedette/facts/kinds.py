"""Field kinds: what a reported value can be. The constructor of a kind *is* its privacy transform.

There is no other way to make a value, and a record takes nothing else, so an unscrubbed path has no type to
travel in. Each kind also says how its values look on the wire (a msgspec type with bounds), in a column of the
lake, and, in words, what its transform does: those words are part of the terms that people consent to.

The module is long because whoever checks what can leave a computer should find all of it in one place; what only
attacks and downloads hold is beside it (``remote``, ``web``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from types import GenericAlias
from typing import Annotated, Any, ClassVar, Final, TypedDict, get_type_hints

from msgspec import Meta, defstruct

from vedette.clock import EPOCH
from vedette.errors import ValueRefused
from vedette.facts import addresses, command_lines, privacy
from vedette.facts.documents import CUT, cut_documents
from vedette.facts.privacy import NOTHING_PRIVATE, PrivateNames

MAX_TEXT: Final = 260
MAX_PATH: Final = 1024
MAX_ENTRIES: Final = 1024
_MAX_INTEGER: Final = 2**62
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+~-]{0,63}")
_TLSH = re.compile(r"T1[0-9A-F]{70}")
_WORD_LETTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:+~-"
_WORD_BEGINNINGS: Final = ("\n\n", "\n_", "\n.", "\n:", "\n+", "\n~", "\n-")  # those that are none


class Column(StrEnum):
    """How a kind is kept in the lake."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DIGEST = "digest"  # 32 bytes
    SECONDS = "seconds"  # since the epoch
    HOURS = "hours"  # since the epoch
    DAYS = "days"  # since the epoch
    TEXTS = "texts"  # a list
    COUNTS = "counts"  # a map of text to integer
    FILES = "files"  # a list of {name, size, hash, place}
    DISKS = "disks"  # a list of {model, size}


class Kind:
    """A value that has been through its transform; ``value`` is what travels."""

    __slots__ = ("value",)

    wire: ClassVar[Any]
    arriving: ClassVar[Any] = None
    """A stricter type for values that arrive, where ``wire`` would pass over something in them."""
    column: ClassVar[Column]
    transform: ClassVar[str]
    value: Any

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:  # noqa: ARG003 - most kinds hold no text
        """Whether ``texts``, out of values that arrive, are made of what this kind's values are made of."""
        return True

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:  # noqa: ARG003 - likewise
        """Whether something in ``texts``, which fit, has not been through the transform: it still names somebody."""
        return False

    @classmethod
    def harmless(cls, packed: bytes) -> bool:  # noqa: ARG003 - likewise
        """Whether a quick look at ``packed``, a MessagePack array of texts that arrive, is enough to know that they
        fit and leak nothing.
        """
        return False

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, "value"):
            raise AttributeError("a reported value never changes")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a reported value never changes")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((type(self), repr(self.value)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


def unchanged(make: Callable[[str], Kind], texts: Iterable[str]) -> bool:
    """Whether ``make``, of a kind with one spelling of a value, makes of each of ``texts`` just that."""
    try:
        return all(make(text).value == text for text in texts)
    except ValueRefused:
        return False


class _Text(Kind):
    """The base of kinds that hold text as people and makers write it."""

    __slots__ = ()

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:
        return privacy.is_printable("".join(texts))

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:
        return privacy.leaks("\n".join(texts))

    @classmethod
    def harmless(cls, packed: bytes) -> bool:
        return privacy.harmless(packed)


class _Vocabulary(Kind):
    """The base of kinds that hold words."""

    __slots__ = ()

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:
        # Many times quicker than a pattern for each word.
        lines = "\n".join(("", *texts, ""))
        left = lines.encode("utf-8", "surrogatepass").translate(None, _WORD_LETTERS)
        return len(left) == len(texts) + 1 and not any(each in lines for each in _WORD_BEGINNINGS)


class Name(_Text):
    """A name given by people or makers: of a file, a service, a program, a threat. Up to 260 characters."""

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=MAX_TEXT)]
    column = Column.TEXT
    transform = "names of users and of the computer, mail addresses and profile folders removed; cut at 260 characters"
    value: str

    def __init__(self, raw: str, private: PrivateNames) -> None:
        self.value = _cut(private.mask(raw), MAX_TEXT)


class Path(_Text):
    """A place in the file system. Up to 1,024 characters; a longer one keeps its end, which names the file.

    Below folders of documents nothing remains: ``<home>/Documents/…``.
    """

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=MAX_PATH)]
    column = Column.TEXT
    transform = (
        "profile folders become <home>; what lies below folders of documents, names of users and of the computer "
        "and mail addresses removed"
    )
    value: str

    def __init__(self, raw: str, private: PrivateNames) -> None:
        place = cut_documents(private.mask(raw))
        self.value = place if len(place) <= MAX_PATH else CUT + place[1 - MAX_PATH :]

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:
        if super().leaks(texts):
            return True
        return any(text != cut_documents(text) for text in texts if privacy.HOME in text)

    @classmethod
    def harmless(cls, packed: bytes) -> bool:
        return privacy.HOME.encode() not in packed and super().harmless(packed)


class Command(_Text):
    """A command line, or what a setting holds that is run as one. Up to 1,024 characters."""

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=command_lines.LONGEST)]
    column = Column.TEXT
    transform = (
        "the program, as a path, and the names of switches stay; every value becomes <value>, but for paths in known "
        f"folders; in paths: {Path.transform}"
    )
    value: str

    def __init__(self, raw: str, private: PrivateNames) -> None:
        self.value = command_lines.stripped(raw, lambda place: Path(place, private).value)

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:
        # What has been through the transform stays as it is.
        return any(cls(text, NOTHING_PRIVATE).value != text for text in texts)

    @classmethod
    def harmless(cls, packed: bytes) -> bool:  # noqa: ARG003 - no quick look tells a value from a program
        return False


class Word(_Vocabulary):
    """A word of a fixed or technical vocabulary: letters, digits and ``_ . : + ~ -``, at most 64. No room for a name.

    Raises ``ValueRefused`` for anything else.
    """

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=64)]
    column = Column.TEXT
    transform = "one word of a technical vocabulary, nothing else fits"
    value: str

    def __init__(self, raw: str) -> None:
        if not _WORD.fullmatch(raw):
            raise ValueRefused("a word of a vocabulary has other characters", "report it as a Name")
        self.value = raw


class Version(_Text):
    """A version as its maker writes it, at most 64 characters."""

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=64)]
    column = Column.TEXT
    transform = (
        "names of users and of the computer and mail addresses removed; cut at 64 characters"
    )
    value: str

    def __init__(self, raw: str, private: PrivateNames = NOTHING_PRIVATE) -> None:
        self.value = _cut(private.mask(raw), 64)


class Region(Kind):
    """A country or territory, ISO 3166-1 alpha-2. Raises ``ValueRefused`` for anything else."""

    __slots__ = ()
    wire = Annotated[str, Meta(min_length=2, max_length=2, pattern="^[A-Z]{2}$")]
    column = Column.TEXT
    transform = "two letters, the country set in the system; never a position"
    value: str

    def __init__(self, raw: str) -> None:
        if not re.fullmatch(r"[A-Z]{2}", raw):
            raise ValueRefused(
                "a region is two capital letters", "give the ISO 3166-1 alpha-2 code"
            )
        self.value = raw


class Count(Kind):
    """How many: a whole number of zero or more, without a unit."""

    __slots__ = ()
    wire = Annotated[int, Meta(ge=0, le=_MAX_INTEGER)]
    column = Column.INTEGER
    transform = "as counted"
    value: int

    def __init__(self, raw: int) -> None:
        if not 0 <= raw <= _MAX_INTEGER:
            raise ValueRefused("a count is out of range", "report a number from 0 to 2**62")
        self.value = int(raw)


class Size(Count):
    """How large, in bytes."""

    __slots__ = ()
    transform = "in bytes"


class Hundredths(Count):
    """A quantity of zero or more that is no whole number, to two places: 7.256 travels as 726."""

    __slots__ = ()
    transform = "in hundredths, rounded"

    def __init__(self, raw: float) -> None:
        if not 0 <= raw <= _MAX_INTEGER // 100:
            raise ValueRefused("a quantity is out of range", "report a number from 0 to 2**55")
        super().__init__(round(raw * 100))


class Flag(Kind):
    """Yes or no."""

    __slots__ = ()
    wire = bool
    column = Column.BOOLEAN
    transform = "yes or no"
    value: bool

    def __init__(self, raw: bool) -> None:
        self.value = bool(raw)


class Sha256(Kind):
    """The SHA-256 digest of a file's content: 32 bytes."""

    __slots__ = ()
    wire = Annotated[bytes, Meta(min_length=32, max_length=32)]
    column = Column.DIGEST
    transform = "a one-way digest of the content"
    value: bytes

    def __init__(self, raw: bytes) -> None:
        if len(raw) != 32:
            raise ValueRefused("a SHA-256 digest has 32 bytes", "hash the file again")
        self.value = bytes(raw)


class Similarity(_Vocabulary):
    """The TLSH digest of a file's content, with its version: ``T1`` and 70 hexadecimal digits in capitals. Raises
    ``ValueRefused`` for anything else.
    """

    __slots__ = ()
    wire = Annotated[str, Meta(min_length=72, max_length=72, pattern="^T1[0-9A-F]{70}$")]
    column = Column.TEXT
    transform = "a one-way digest of the content that is near where contents are"
    value: str

    def __init__(self, raw: str) -> None:
        if not _TLSH.fullmatch(raw):
            raise ValueRefused("a TLSH digest has another form", "hash the file again")
        self.value = raw


class Moment(Kind):
    """When something happened, to the second."""

    __slots__ = ()
    wire = Annotated[int, Meta(ge=0, le=_MAX_INTEGER)]
    column = Column.SECONDS
    transform = "to the second"
    value: int

    def __init__(self, raw: datetime) -> None:
        self.value = max(0, int((raw.astimezone(UTC) - EPOCH).total_seconds()))


class Hour(Kind):
    """When a person did something, to the hour: the wire has no room for more."""

    __slots__ = ()
    wire = Annotated[int, Meta(ge=0, le=_MAX_INTEGER // 3600)]
    column = Column.HOURS
    transform = "rounded down to the hour"
    value: int

    def __init__(self, raw: datetime) -> None:
        self.value = max(0, int((raw.astimezone(UTC) - EPOCH).total_seconds()) // 3600)


class Day(Kind):
    """A date, in UTC. Dates before 1970 are negative."""

    __slots__ = ()
    wire = Annotated[int, Meta(ge=-719_162, le=2_932_896)]
    column = Column.DAYS
    transform = "the date, without the time"
    value: int

    def __init__(self, raw: datetime | date) -> None:
        day = raw.astimezone(UTC).date() if isinstance(raw, datetime) else raw
        self.value = (day - EPOCH.date()).days


class Names(_Text):
    """Several names, each transformed as a ``Name``; at most 1,024."""

    __slots__ = ()
    wire = Annotated[list[Annotated[str, Meta(max_length=MAX_TEXT)]], Meta(max_length=MAX_ENTRIES)]
    column = Column.TEXTS
    transform = "each: " + Name.transform
    value: list[str]

    def __init__(self, raw: Iterable[str], private: PrivateNames) -> None:
        self.value = [Name(entry, private).value for entry in itertools.islice(raw, MAX_ENTRIES)]


class Words(_Vocabulary):
    """Several words of a vocabulary, each as a ``Word``; at most 1,024. Raises ``ValueRefused`` as ``Word`` does."""

    __slots__ = ()
    wire = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=MAX_ENTRIES)]
    column = Column.TEXTS
    transform = "each: " + Word.transform
    value: list[str]

    def __init__(self, raw: Iterable[str]) -> None:
        self.value = [Word(entry).value for entry in itertools.islice(raw, MAX_ENTRIES)]


def _nothing_beside(shape: type) -> type:
    """The entries of ``shape``, a ``TypedDict``, as a type for values that arrive: with no other entry."""
    entries = list(get_type_hints(shape, include_extras=True).items())
    return defstruct(f"Arriving{shape.__name__}", entries, forbid_unknown_fields=True)


class FileFound(TypedDict):
    """One file of a ``Files`` value, as it travels."""

    name: Annotated[str, Meta(max_length=MAX_TEXT)]
    size: Annotated[int, Meta(ge=0, le=_MAX_INTEGER)] | None
    hash: Annotated[bytes, Meta(min_length=32, max_length=32)] | None
    place: Annotated[str, Meta(max_length=MAX_PATH)] | None


_ArrivingFile = _nothing_beside(FileFound)


class Files(_Text):
    """The files of one event: name, size, SHA-256 and place of each; at most 64."""

    __slots__ = ()
    wire = Annotated[list[FileFound], Meta(max_length=64)]
    arriving: ClassVar[Any] = Annotated[GenericAlias(list, (_ArrivingFile,)), Meta(max_length=64)]
    column = Column.FILES
    transform = f"of each, the name: {Name.transform}; the place: {Path.transform}; size and digest as they are"
    value: list[FileFound]

    def __init__(self, raw: Iterable[tuple[Name, Size | None, Sha256 | None, Path | None]]) -> None:
        self.value = [
            FileFound(
                name=name.value,
                size=size.value if size else None,
                hash=digest.value if digest else None,
                place=place.value if place else None,
            )
            for name, size, digest, place in itertools.islice(raw, 64)
        ]

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:
        return Path.leaks(texts)


class Counts(_Vocabulary):
    """Vedette's own counters by name, at most 1,024."""

    __slots__ = ()
    wire = Annotated[
        dict[Annotated[str, Meta(max_length=64)], Annotated[int, Meta(ge=0, le=_MAX_INTEGER)]],
        Meta(max_length=MAX_ENTRIES),
    ]
    column = Column.COUNTS
    transform = "counters of Vedette itself, each a technical word and a number"
    value: dict[str, int]

    def __init__(self, raw: Mapping[str, int]) -> None:
        self.value = {
            Word(name).value: Count(number).value
            for name, number in itertools.islice(sorted(raw.items()), MAX_ENTRIES)
        }


class DiskFound(TypedDict):
    """One disk of a ``Disks`` value, as it travels."""

    model: Annotated[str, Meta(max_length=MAX_TEXT)] | None
    size: Annotated[int, Meta(ge=0, le=_MAX_INTEGER)] | None


_ArrivingDisk = _nothing_beside(DiskFound)


class Disks(_Text):
    """The disks of a computer: model and size of each; at most 64."""

    __slots__ = ()
    wire = Annotated[list[DiskFound], Meta(max_length=64)]
    arriving: ClassVar[Any] = Annotated[GenericAlias(list, (_ArrivingDisk,)), Meta(max_length=64)]
    column = Column.DISKS
    transform = f"of each, the model: {Name.transform}; the size in bytes; nothing else"
    value: list[DiskFound]

    def __init__(self, raw: Iterable[tuple[Name | None, Size | None]]) -> None:
        self.value = [
            DiskFound(model=model.value if model else None, size=size.value if size else None)
            for model, size in itertools.islice(raw, 64)
        ]


class OwnAddress(Kind):
    """The network that a public address of this computer lies in, such as ``203.0.113.0/24``. Raises ``ValueRefused``
    for an address that is not public, and for what is none.
    """

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=64)]
    column = Column.TEXT
    transform = (
        "shortened to /24 of IPv4, /48 of IPv6 (/40 where an address of IPv4 is part of it); no other fits than a "
        "public one"
    )
    value: str

    def __init__(self, raw: str) -> None:
        address = addresses.parsed(raw)
        if addresses.scope(address) is not addresses.Scope.PUBLIC:
            raise ValueRefused("an address is not public", "report how far it reaches instead")
        self.value = str(addresses.shortened(address))

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:
        return unchanged(lambda text: cls(text.partition("/")[0]), texts)


class HostAddress(Kind):
    """An address that the hosts file ties names to, in its shortest form. Raises ``ValueRefused`` for what is none."""

    __slots__ = ()
    wire = Annotated[str, Meta(max_length=64)]
    column = Column.TEXT
    transform = (
        "an internet address as the hosts file has it, without the interface; nothing else fits"
    )
    value: str

    def __init__(self, raw: str) -> None:
        self.value = str(addresses.parsed(raw))

    @classmethod
    def fits(cls, texts: Sequence[str]) -> bool:
        return unchanged(cls, texts)


class HostNames(_Text):
    """The names that one record of the hosts file ties to ``address``; at most 1,024."""

    __slots__ = ()
    wire = Annotated[list[Annotated[str, Meta(max_length=MAX_TEXT)]], Meta(max_length=MAX_ENTRIES)]
    column = Column.TEXTS
    transform = (
        f"each: of one label, under a private suffix or tied to a private address it reads {addresses.INTERNAL}; else: "
        + Name.transform
    )
    value: list[str]

    def __init__(self, raw: Iterable[str], address: str, private: PrivateNames) -> None:
        nobodys = addresses.scope(addresses.parsed(address)) in {
            addresses.Scope.PRIVATE,
            addresses.Scope.LINK_LOCAL,
        }
        self.value = [
            addresses.INTERNAL if nobodys else self._told(name, private)
            for name in itertools.islice(raw, MAX_ENTRIES)
        ]

    @staticmethod
    def _told(name: str, private: PrivateNames) -> str:
        told = Name(name, private).value
        # What was taken out may have been all that made it a public name.
        return (
            addresses.INTERNAL
            if addresses.is_internal(name) or addresses.is_internal(told)
            else told
        )

    @classmethod
    def leaks(cls, texts: Sequence[str]) -> bool:
        told = [text for text in texts if text != addresses.INTERNAL]
        return super().leaks(told) or any(map(addresses.is_internal, told))


def _cut(masked: str, longest: int) -> str:
    if len(masked) <= longest:
        return masked
    # "…\\Users\\Pub" is no longer the folder of all, so it may have become somebody's.
    return privacy.mask_profiles(masked[: longest - 1] + CUT)
