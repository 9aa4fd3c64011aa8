"""Files as Windows finds them: in any case, in a tree that somebody else's file system keeps."""

from __future__ import annotations

import os
import stat
from contextlib import AbstractContextManager
from typing import Final

from vedette.errors import Unreadable
from vedette.host import Entry, FileStat
from vedette.host.linux.files import LinuxFiles

_FOLDERS: Final = 256  # of which the names are kept

Path = str | os.PathLike[str]


class CaselessFiles:
    """The files below ``root``, out of which no link leads. Raises ``ConfigurationError`` if it is no folder."""

    def __init__(self, root: Path) -> None:
        self._files = LinuxFiles(root)
        self._names: dict[str, dict[str, str]] = {}

    def read(self, path: Path, limit: int = 1 << 20) -> bytes:
        """See ``Files``."""
        return self._files.read(self.located(path), limit)

    def entries(self, folder: Path) -> list[Entry]:
        """See ``Files``."""
        return self._files.entries(self.located(folder))

    def stat(self, path: Path) -> FileStat:
        """See ``Files``."""
        return self._files.stat(self.located(path))

    def exists(self, path: Path) -> bool:
        """Whether anything is at ``path``."""
        try:
            self.stat(path)
        except Unreadable:
            return False
        return True

    def is_folder(self, path: Path) -> bool:
        """Whether a folder is at ``path``."""
        try:
            return stat.S_ISDIR(self.stat(path).mode)
        except Unreadable:
            return False

    def opened(self, path: Path) -> AbstractContextManager[int]:
        """A regular file, open for reading as a descriptor, until the end of the block. Raises ``Unreadable``."""
        return self._files.opened(self.located(path))

    def located(self, path: Path) -> str:
        """``path`` as it is written in the tree; as given, from where on nothing is there."""
        found = ""
        for part in os.fspath(path).replace("\\", "/").split("/"):
            if part not in {"", "."}:
                found = f"{found}/{self._named(found or '/', part)}"
        return found or "/"

    def _named(self, folder: str, name: str) -> str:
        names = self._names.get(folder)
        if names is None:
            try:
                entries = self._files.entries(folder)
            except Unreadable:
                entries = []
            names = {}
            for entry in entries:
                names.setdefault(entry.name.casefold(), entry.name)
                names[entry.name] = entry.name  # where two differ in their case alone
            if len(self._names) >= _FOLDERS:
                self._names.clear()
            self._names[folder] = names
        return names.get(name) or names.get(name.casefold()) or name
