"""The seam to an operating system: what the rest of Vedette may ask of a computer, and the plain values it gets back.

Here are the interfaces alone. The implementations lie beside this file (``linux/``), and only composition roots
import them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Registry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder. ``target`` is a link's text as written, else ``None``."""

    name: str
    kind: Literal["file", "folder", "link", "other"]
    target: str | None = None


@dataclass(frozen=True, slots=True)
class FileStat:
    """What the file system says of a file, links followed.

    ``size`` in bytes; ``mode`` as in stat(2), type and permissions; ``owner`` a user's number. The three times are
    in UTC; ``changed`` is when content or attributes last changed, ``created`` is ``None`` where the file system
    does not keep it.
    """

    size: int
    modified: datetime
    changed: datetime
    created: datetime | None
    mode: int
    owner: int
    device: int
    inode: int


class Files(Protocol):
    """A tree of files: of the running system, or of an image that lies in a folder. Paths are absolute within the
    tree.
    """

    def read(self, path: str | os.PathLike[str], limit: int = 1 << 20) -> bytes:
        """The whole content of a regular file, links followed.

        Raises ``Unreadable`` if it is missing, not permitted, not a regular file (a FIFO or device is never
        opened), or larger than ``limit`` bytes: a part of a file is never taken for the whole.
        """
        ...

    def entries(self, folder: str | os.PathLike[str]) -> list[Entry]:
        """What lies in ``folder``, sorted by name; ``[]`` where there is no such folder.

        Raises ``Unreadable`` if it is not permitted, not a folder, or holds too much.
        """
        ...

    def stat(self, path: str | os.PathLike[str]) -> FileStat:
        """Facts about the file at ``path``. Raises ``Unreadable``."""
        ...


@dataclass(frozen=True, slots=True)
class Kernel:
    """``release`` and ``architecture`` in the words of uname(2); ``None`` where they cannot be told."""

    release: str | None
    architecture: str | None


@dataclass(frozen=True, slots=True)
class Parser(Generic[T]):
    """A function that looks at one file, shut in: it takes a descriptor and arguments by name.

    ``entry`` is "module:function", ``answer`` the type that it answers with, ``dated`` whether it wants to be told the
    time as ``now``; ``memory`` and ``longest`` are the bytes that it may use, and that its answer may have.
    """

    entry: str
    answer: type[T]
    dated: bool = False
    memory: int = 512 << 20
    longest: int = 1 << 20


class ShutIn(Protocol):
    """How a host has files looked at. It belongs to whoever wires the host."""

    def __call__(self, parser: Parser[T], descriptor: int, /, **arguments: object) -> T:
        """What ``parser`` says of the regular file open for reading as ``descriptor``. Raises ``Unreadable``."""
        ...


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of a class of the Common Information Model, as Windows' management instrumentation offers them."""

    namespace: str
    cls: str
    properties: tuple[str, ...]


Row = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class KernelObject:
    """Something that lives in the running kernel and in no file of settings."""

    role: Literal["module", "driver_object", "device", "minifilter", "bpf"]
    name: str
    version: str | None = None
    path: str | None = None


class Host(Protocol):
    """One computer, running (``live``) or as an image.

    On Windows ``files`` takes paths from the system drive's root, with slashes and in any case:
    ``/Windows/System32/…``.
    """

    @property
    def platform(self) -> Platform: ...

    @property
    def live(self) -> bool: ...

    @property
    def files(self) -> Files: ...

    @property
    def private(self) -> PrivateNames:
        """The names that must not leave this computer, as they are now."""
        ...

    @property
    def registry(self) -> Registry:
        """Empty where the system has none."""
        ...

    def kernel(self) -> Kernel: ...

    def health(self) -> Mapping[str, int]:
        """Vedette's own counters on this computer."""
        ...

    def management(self, query: Query) -> Sequence[Row]:
        """The rows of a class of a running Windows; none elsewhere. Raises ``Unreadable``."""
        ...

    def libraries(self) -> Iterator[str]:
        """The files of the program libraries that are mapped into processes now, each once; none of an image.

        Processes that may not be looked at are passed over. Raises ``Unreadable``.
        """
        ...

    def kernel_objects(self) -> Iterable[KernelObject]:
        """What only the running kernel can tell of: of Windows its modules, driver objects, devices and minifilters,
        of Linux the BPF programs; none of an image. Raises ``Unreadable``, where only some could be read behind those.
        """
        ...

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        """What ``parser`` says of the file at ``path``, shut in. Raises ``Unreadable``."""
        ...


@dataclass(frozen=True, slots=True)
class Launch:
    """A program was started. ``path`` is the program's file (of a script: its interpreter), ``time`` when it was
    seen.
    """

    pid: int
    path: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """At least ``count`` launches happened that could not be seen, and why, in a few words without a name."""

    count: int
    reason: str


class LaunchSource(Protocol):
    """Where launches are learned from. ``polling`` says that it looks now and then, so short-lived programs go
    unseen.
    """

    @property
    def name(self) -> str: ...

    @property
    def polling(self) -> bool: ...

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        """What is launched from this call on, as it happens; ends within a second after ``stop`` is set.

        Memory is bounded: what a slow reader leaves behind is counted in a ``Missed``. Raises ``NotPermitted`` or
        ``Unsupported`` at the call.
        """
        ...


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file about to be executed by ``pid``. ``descriptor`` is open for reading until the decision returns; never
    close it.
    """

    descriptor: int
    path: str
    pid: int


@dataclass(frozen=True, slots=True)
class ExecutionCounts:
    """How executions were answered. The last two were let through undecided: too late, or because something failed."""

    allowed: int = 0
    denied: int = 0
    overdue: int = 0
    errors: int = 0


class ExecutionControl(Protocol):
    """Asks before a file is executed. Whatever goes wrong, the answer is to allow: the computer goes on."""

    @property
    def ready(self) -> threading.Event:
        """Set while executions are being asked about."""
        ...

    @property
    def counts(self) -> ExecutionCounts: ...

    def run(self, decide: Callable[[OpenedFile], bool], stop: threading.Event) -> None:
        """Answers until ``stop`` is set; ``decide`` says true to allow, and has a deadline after which it no longer
        matters.

        ``decide`` runs in one thread of its own. Everything still pending at the end is allowed. Raises
        ``NotPermitted``, ``Unsupported`` or ``ConfigurationError`` before anything is asked.
        """
        ...
