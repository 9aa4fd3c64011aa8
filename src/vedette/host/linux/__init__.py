"""Linux, running or as an image in a folder. Imported by composition roots only."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Kernel, KernelObject, Parser, Query, Row, ShutIn
from vedette.host.linux.bpf import bpf_programs
from vedette.host.linux.files import LinuxFiles
from vedette.host.linux.names import SOURCES, private_names
from vedette.host.linux.processes import mapped_libraries
from vedette.host.registry import NO_REGISTRY

T = TypeVar("T")

# ELF's e_machine, in the words of uname(2).
_MACHINES = {
    3: "i686",
    21: "ppc64le",
    22: "s390x",
    40: "armv7l",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}
_SHELLS = ("/bin/sh", "/usr/bin/env", "/bin/busybox")
_MODULES = ("/lib/modules", "/usr/lib/modules")
_RELEASE = re.compile(r"\d+\.\d+.*")


class LinuxHost:
    """The computer whose files lie under ``root``: "/" is this one, live. ``health`` gives Vedette's own counters,
    ``shut_in`` is how files are looked at that must not be trusted.

    Raises ``ConfigurationError`` if ``root`` is no folder.
    """

    platform = Platform.LINUX
    registry = NO_REGISTRY

    def __init__(
        self,
        root: str | os.PathLike[str] = "/",
        health: Callable[[], Mapping[str, int]] | None = None,
        shut_in: ShutIn | None = None,
    ) -> None:
        self.files = LinuxFiles(root)
        self.live = self.files.live
        self._health = health
        self._shut_in = shut_in
        self._private: tuple[object, PrivateNames] | None = None

    @property
    def private(self) -> PrivateNames:
        """The names that must not leave; read again when an account or the computer's name has changed."""
        state = self._sources() if self.live else None
        if self._private is None or self._private[0] != state:
            self._private = (
                state,
                private_names(self.files, os.uname().nodename if self.live else None),
            )
        return self._private[1]

    def _sources(self) -> object:
        """Changes whenever one of the names' sources does."""
        state: list[object] = [os.uname().nodename]
        for source in SOURCES:
            try:
                found = os.stat(source)
            except OSError:
                state.append(None)
            else:
                state.append((found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
        return state

    def kernel(self) -> Kernel:
        """The running kernel; of an image the one installed, where there is just one."""
        if self.live:
            here = os.uname()
            return Kernel(here.release, here.machine)
        return Kernel(self._installed_release(), self._architecture())

    def health(self) -> Mapping[str, int]:
        return self._health() if self._health else {}

    def management(self, query: Query) -> Sequence[Row]:  # noqa: ARG002 - there is none on Linux
        """See ``Host``: nothing."""
        return ()

    def libraries(self) -> Iterator[str]:
        """See ``Host``."""
        return mapped_libraries() if self.live else iter(())

    def kernel_objects(self) -> Sequence[KernelObject]:
        """See ``Host``: the BPF programs, which only root may see."""
        return bpf_programs() if self.live else ()

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        """See ``Host``. Raises ``Unreadable`` too where there is no way to shut it in."""
        if self._shut_in is None:
            raise Unreadable("cannot be looked at here")
        with self.files.opened(path) as descriptor:
            return self._shut_in(parser, descriptor, **arguments)

    def _installed_release(self) -> str | None:
        releases = set()
        for folder in _MODULES:
            try:
                releases |= {
                    e.name for e in self.files.entries(folder) if _RELEASE.fullmatch(e.name)
                }
            except Unreadable:
                continue
        return releases.pop() if len(releases) == 1 else None

    def _architecture(self) -> str | None:
        for program in _SHELLS:
            try:
                head = self.files.head(program, 20)
            except Unreadable:
                continue
            if len(head) == 20 and head.startswith(b"\x7fELF"):
                order = "big" if head[5] == 2 else "little"
                return _MACHINES.get(int.from_bytes(head[18:20], order))  # type: ignore[arg-type]
        return None
