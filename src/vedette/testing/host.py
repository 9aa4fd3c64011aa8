"""A computer made of values: files in memory, launches on demand, executions that only pretend to be.

Each fake passes the contract tests of what it stands in for (``tests/unit/host``).
"""

from __future__ import annotations

import os
import posixpath
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import TypeVar

from vedette.clock import Clock, SystemClock
from vedette.errors import Unreadable, VedetteError
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import (
    Entry,
    ExecutionCounts,
    FileStat,
    Kernel,
    KernelObject,
    Launch,
    Missed,
    OpenedFile,
    Parser,
    Query,
    Row,
)
from vedette.host.backlog import Backlog
from vedette.host.docket import Docket
from vedette.host.registry import Registry
from vedette.testing.registry import FakeRegistry

T = TypeVar("T")

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FakeFile:
    content: bytes = b""
    mode: int = 0o644
    owner: int = 0
    modified: datetime = LONG_AGO
    created: datetime | None = LONG_AGO


@dataclass(frozen=True)
class FakeLink:
    target: str


@dataclass(frozen=True)
class FakeFolder:
    """Only needed for an empty one: those on the way to a file are there by themselves."""


@dataclass(frozen=True)
class FakeSpecial:
    """A FIFO, socket or device."""


Node = FakeFile | FakeLink | FakeFolder | FakeSpecial


class FakeFiles:
    """The files of ``tree``, by absolute path (bytes mean a plain file); what lies at or below ``refused`` is not
    permitted.
    """

    def __init__(
        self, tree: Mapping[str, bytes | Node] | None = None, refused: frozenset[str] = frozenset()
    ) -> None:
        self._refused = refused
        self._nodes: dict[str, Node] = {"/": FakeFolder()}
        for path, node in (tree or {}).items():
            self.put(path, node)

    def put(self, path: str, node: bytes | Node) -> None:
        """Places ``node`` at ``path``, with the folders on the way to it."""
        self._nodes[path] = FakeFile(node) if isinstance(node, bytes) else node
        while path != "/":
            path = posixpath.dirname(path)
            self._nodes.setdefault(path, FakeFolder())

    def read(self, path: str | os.PathLike[str], limit: int = 1 << 20) -> bytes:
        _, node = self._find(path)
        if not isinstance(node, FakeFile):
            raise Unreadable("not a regular file")
        if len(node.content) > limit:
            raise Unreadable("too large")
        return node.content

    def entries(self, folder: str | os.PathLike[str]) -> list[Entry]:
        try:
            place, node = self._find(folder)
        except Unreadable as error:
            if error.reason == "missing":
                return []
            raise
        if not isinstance(node, FakeFolder):
            raise Unreadable("not a folder")
        found = [
            _entry(posixpath.basename(path), node)
            for path, node in self._nodes.items()
            if path != "/" and posixpath.dirname(path) == place
        ]
        return sorted(found, key=lambda entry: entry.name)

    def stat(self, path: str | os.PathLike[str]) -> FileStat:
        place, node = self._find(path)
        file = node if isinstance(node, FakeFile) else FakeFile(mode=0o755)
        kind = {FakeFolder: stat.S_IFDIR, FakeSpecial: stat.S_IFIFO}.get(type(node), stat.S_IFREG)
        return FileStat(
            size=len(file.content),
            modified=file.modified,
            changed=file.modified,
            created=file.created,
            mode=kind | file.mode,
            owner=file.owner,
            device=1,
            inode=list(self._nodes).index(place) + 1,
        )

    def _find(self, path: str | os.PathLike[str]) -> tuple[str, Node]:
        """The place and the node that ``path`` leads to, links followed."""
        parts, place, links = deque(os.fspath(path).split("/")), "/", 0
        while parts:
            part = parts.popleft()
            if part == "..":
                place = posixpath.dirname(place)
            elif part not in {"", "."}:
                step = posixpath.join(place, part)
                node = self._nodes.get(step)
                if node is None:
                    raise Unreadable("missing")
                if not isinstance(node, FakeLink):
                    place = step
                    continue
                links += 1
                if links > 40:
                    raise Unreadable("too many links")
                place = "/" if node.target.startswith("/") else place
                parts.extendleft(reversed(node.target.split("/")))
        if any(place == refused or place.startswith(f"{refused}/") for refused in self._refused):
            raise Unreadable("not permitted")
        return place, self._nodes[place]


def _entry(name: str, node: Node) -> Entry:
    match node:
        case FakeLink(target):
            return Entry(name, "link", target)
        case FakeFolder():
            return Entry(name, "folder")
        case FakeFile():
            return Entry(name, "file")
    return Entry(name, "other")


@dataclass
class FakeHost:
    """A computer as a test wants it. All fields may be changed while it is in use."""

    files: FakeFiles = field(default_factory=FakeFiles)
    platform: Platform = Platform.LINUX
    live: bool = True
    private: PrivateNames = field(default_factory=PrivateNames)
    running: Kernel = field(default_factory=lambda: Kernel("6.1.0-test", "x86_64"))
    counters: dict[str, int] = field(default_factory=dict)
    registry: Registry = field(default_factory=FakeRegistry)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Of ``management``, by the name of the class."""
    mapped: Sequence[str] = ()
    objects: Sequence[KernelObject] = ()

    def kernel(self) -> Kernel:
        return self.running

    def management(self, query: Query) -> Sequence[Row]:
        return [
            {name: row.get(name) for name in query.properties}
            for row in (self.rows.get(query.cls, ()) if self.live else ())
        ]

    def libraries(self) -> Iterator[str]:
        return iter(self.mapped if self.live else ())

    def kernel_objects(self) -> Sequence[KernelObject]:
        return self.objects if self.live else ()

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        """Runs the function here and now, on a copy in memory."""
        module, _, function = parser.entry.partition(":")
        descriptor = os.memfd_create("parsed")
        try:
            os.write(descriptor, self.files.read(path, limit=1 << 30))
            if parser.dated:
                arguments["now"] = LONG_AGO
            answer: T = getattr(import_module(module), function)(descriptor, **arguments)
        except Unreadable:
            raise
        except VedetteError as error:
            raise Unreadable(type(error).code) from error
        finally:
            os.close(descriptor)
        return answer

    def health(self) -> Mapping[str, int]:
        return self.counters


class FakeLaunchSource:
    """Tells its listeners of the launches that a test makes up."""

    name = "fake launches"
    polling = False

    def __init__(self, backlog: int = 8192, clock: Clock | None = None) -> None:
        self._limit = backlog
        self._clock = clock or SystemClock()
        self._listeners: list[Backlog] = []

    def events(self, stop: threading.Event) -> Iterator[Launch | Missed]:
        backlog = Backlog(self._limit)
        self._listeners.append(backlog)
        threading.Thread(target=_end_with, args=(backlog, stop), daemon=True).start()
        return iter(backlog)

    def launch(self, path: str, pid: int = 1, time: datetime | None = None) -> None:
        """Something starts the program at ``path``."""
        self._tell(Launch(pid, path, time or self._clock.now()))

    def miss(self, count: int, reason: str = "ended before it could be read") -> None:
        """``count`` programs start without being seen."""
        self._tell(Missed(count, reason))

    def _tell(self, event: Launch | Missed) -> None:
        for backlog in self._listeners:
            backlog.put(event)


def _end_with(backlog: Backlog, stop: threading.Event) -> None:
    while not stop.wait(0.2) and not backlog.ended:
        pass
    backlog.end()


class FakeExecutionControl:
    """Asks about what a test says it executes; nothing is."""

    def __init__(self, deadline: float = 2.0, clock: Clock | None = None) -> None:
        self._answers: dict[int, tuple[threading.Event, list[bool]]] = {}
        self._deadline = deadline
        self._clock = clock or SystemClock()
        self._docket: Docket | None = None
        self.ready = threading.Event()

    @property
    def counts(self) -> ExecutionCounts:
        return self._docket.counts if self._docket else ExecutionCounts()

    def execute(self, path: str, pid: int = 1) -> bool:
        """Whether ``pid`` may execute the file at ``path``, which must exist; true where nobody decides."""
        docket = self._docket
        if docket is None or not self.ready.is_set():
            return True
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        answered, answer = self._answers[descriptor] = threading.Event(), []
        docket.admit(OpenedFile(descriptor, path, pid))
        # The control may have ended just now, and then nobody answers.
        return answer[0] if answered.wait(self._deadline + 1) else True

    def run(self, decide: Callable[[OpenedFile], bool], stop: threading.Event) -> None:
        self._docket = docket = Docket(self._answer, self._clock, self._deadline)
        threading.Thread(target=docket.decide_all, args=(decide,), daemon=True).start()
        self.ready.set()
        while not stop.wait(min(docket.allow_overdue(), 0.02)):
            pass
        self.ready.clear()
        docket.close()

    def _answer(self, descriptor: int, allow: bool) -> None:
        answered, answer = self._answers.pop(descriptor)
        answer.append(allow)
        answered.set()
