"""Windows, running. Imported by composition roots only.

Every module here can be imported on any system; what needs Windows says so when it is asked. None of it has been run
on a Windows yet: it follows the documentation that each module names, and ``tests/unit/host`` holds it against
stand-ins for ``winreg``, PowerShell and the system's libraries.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Kernel, KernelObject, Parser, Query, Row, ShutIn
from vedette.host.offline.names import PROFILES, private_names
from vedette.host.registry import Registry
from vedette.host.windows import kernel, management, processes
from vedette.host.windows.files import WindowsFiles
from vedette.host.windows.registry import LiveRegistry

T = TypeVar("T")

_COMPUTER: Final = r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName"
_VERSION: Final = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
# What Windows calls processors, in the words of uname(2).
_ARCHITECTURES: Final = {"amd64": "x86_64", "x86": "i686", "arm64": "aarch64", "arm": "armv7l"}


class WindowsHost:
    """This computer. ``health`` gives Vedette's own counters, ``shut_in`` is how files are looked at that must not be
    trusted; without it none is.

    Raises ``Unsupported`` elsewhere than on Windows, unless ``registry`` and ``files`` stand in.
    """

    platform = Platform.WINDOWS
    live = True

    def __init__(
        self,
        health: Callable[[], Mapping[str, int]] | None = None,
        shut_in: ShutIn | None = None,
        registry: Registry | None = None,
        files: WindowsFiles | None = None,
    ) -> None:
        self.registry: Registry = registry or LiveRegistry()
        self.files: WindowsFiles = files or WindowsFiles()
        self._health = health
        self._shut_in = shut_in
        self._private: tuple[object, PrivateNames] | None = None

    @property
    def private(self) -> PrivateNames:
        """The names that must not leave; read again when an account or the computer's name has changed."""
        state = self._sources()
        if self._private is None or self._private[0] != state:
            self._private = (state, private_names(self.registry, self.files))
        return self._private[1]

    def _sources(self) -> object:
        """Changes whenever one of the names' sources does: a key is written when one below it is made."""
        state: list[object] = []
        for path in (PROFILES, _COMPUTER, _VERSION):
            try:
                key = self.registry.machine.key(path)
            except Unreadable as error:
                state.append(error.reason)
            else:
                state.append(key and (key.written, key.values))
        return state

    def kernel(self) -> Kernel:
        """The build of Windows, and the processor's architecture, in the words of uname(2)."""
        try:
            key = self.registry.machine.key(_VERSION)
        except Unreadable:
            key = None
        machine = platform.machine()
        return Kernel(
            key.text("CurrentBuildNumber") if key else None,
            _ARCHITECTURES.get(machine.casefold(), machine) or None,
        )

    def health(self) -> Mapping[str, int]:
        return self._health() if self._health else {}

    def management(self, query: Query) -> Sequence[Row]:
        """See ``Host``."""
        return management.rows(query)

    def libraries(self) -> Iterator[str]:
        r"""See ``Host``; as Windows writes them: ``C:\Windows\System32\…``."""
        return processes.mapped_libraries()

    def kernel_objects(self) -> Iterable[KernelObject]:
        r"""See ``Host``; paths as the kernel writes them: ``\SystemRoot\System32\drivers\…``."""
        return kernel.kernel_objects()

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        """See ``Host``. Raises ``Unreadable`` too where there is no way to shut it in, as on Windows so far."""
        if self._shut_in is None:
            raise Unreadable("cannot be looked at here")
        with self.files.opened(path) as descriptor:
            return self._shut_in(parser, descriptor, **arguments)
