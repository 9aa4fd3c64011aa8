"""Stand-ins for what Windows brings: ``winreg``, and libraries that fill structures as documented."""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vedette.host.windows.native import (
    FILTER_NAME,
    FilterFullInformation,
    ObjectDirectoryInformation,
    ProcessModule,
    UnicodeString,
)
from vedette.host.windows.registry import HKEY_LOCAL_MACHINE, HKEY_USERS

DENIED = 0xC0000022
ROOTS = {HKEY_LOCAL_MACHINE: "HKLM", HKEY_USERS: "HKU"}


def windows_error(number: int) -> OSError:
    """What Python raises for a number of winerror.h."""
    of_c = {2: errno.ENOENT, 5: errno.EACCES}.get(number, errno.EINVAL)
    error = OSError(of_c, "made up")
    error.winerror = number  # type: ignore[attr-defined, unused-ignore]
    return error


@dataclass
class FakeWinreg:
    """The values of keys by their paths from ``HKLM`` or ``HKU``, with their types; each is a node."""

    tree: Mapping[str, Mapping[str, tuple[Any, int]]]
    refused: Sequence[str] = ()
    broken: Sequence[str] = ()
    """Keys whose second value cannot be read."""
    vanishing: Sequence[str] = ()
    """Keys that are listed and gone when they are opened."""
    open: int = 0
    rights: set[int] = field(default_factory=set)

    @contextmanager
    def _held(self, path: str) -> Iterator[str]:
        self.open += 1
        yield path
        self.open -= 1

    def OpenKey(self, key: Any, sub_key: str, reserved: int = 0, access: int = 0, /) -> Any:  # noqa: N802
        assert not sub_key.endswith("\\")
        self.rights.add(access)
        if "\0" in sub_key:
            raise ValueError("embedded null character")
        path = "\\".join(filter(None, [ROOTS.get(key, key), sub_key]))
        name = path.casefold()
        if name in map(str.casefold, self.refused):
            raise windows_error(5)
        if name in map(str.casefold, self.vanishing) or not any(
            f"{each}\\".casefold().startswith(f"{name}\\") for each in self.tree
        ):
            raise windows_error(2)
        return self._held(path)

    def QueryInfoKey(self, key: str, /) -> tuple[int, int, int]:  # noqa: N802
        return 0, 0, 133_000_000_000_000_000

    def EnumKey(self, key: str, index: int, /) -> str:  # noqa: N802
        prefix = f"{key}\\".casefold()
        below = {
            each[len(prefix) :].partition("\\")[0]: None
            for each in self.tree
            if each.casefold().startswith(prefix)
        }
        return _nth(list(below), index)

    def EnumValue(self, key: str, index: int, /) -> tuple[str, Any, int]:  # noqa: N802
        if key in self.broken and index == 1:
            raise windows_error(1010)
        found = next(
            (self.tree[each] for each in self.tree if each.casefold() == key.casefold()), {}
        )
        name = _nth(list(found), index)
        return name, *found[name]


def _nth(names: list[str], index: int) -> str:
    if index >= len(names):
        raise windows_error(259)
    return names[index]


def value_of(reference: Any) -> Any:
    """What ``byref`` refers to, or an array."""
    return getattr(reference, "_obj", reference)


@dataclass
class FakeKernel32:
    """Processes by number: their program and their libraries; ``None`` for one that may not be opened."""

    running: Mapping[int, Sequence[str] | None]
    opened: set[int] = field(default_factory=set)

    def K32EnumProcesses(self, numbers: Any, size: int, used: Any) -> int:  # noqa: N802
        told = list(self.running)[: size // 4]
        numbers[: len(told)] = told
        value_of(used).value = len(told) * 4
        return 1

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int | None:  # noqa: N802
        assert (access, inherit) == (0x410, False)
        if self.running[pid] is None:
            return None
        self.opened.add(pid)
        return pid

    def CloseHandle(self, handle: int) -> int:  # noqa: N802
        self.opened.remove(handle)
        return 1

    def K32EnumProcessModulesEx(  # noqa: N802
        self, handle: int, modules: Any, size: int, needed: Any, which: int
    ) -> int:
        assert which == 3
        names = self.running[handle] or ()
        value_of(needed).value = len(names) * 8
        told = [(handle << 32) + index + 1 for index in range(min(len(names), size // 8))]
        modules[: len(told)] = told
        return 1

    def K32GetModuleFileNameExW(  # noqa: N802
        self, handle: int, module: int | None, room: Any, size: int
    ) -> int:
        names = self.running[handle] or ()
        room.value = names[0 if module is None else (module & 0xFFFFFFFF) - 1]
        return len(room.value)

    def GetCurrentProcess(self) -> int:  # noqa: N802
        return -1

    def K32GetProcessMemoryInfo(self, process: int, counters: Any, size: int) -> int:  # noqa: N802
        assert value_of(counters).cb == size
        value_of(counters).peak_working_set_size = 40 << 20
        return 1


@dataclass
class FakeNtdll:
    """``paths`` of modules; ``folders`` of the object manager with names and types, ``None`` for a closed one."""

    paths: Sequence[str] = ()
    folders: Mapping[str, Sequence[tuple[str, str]] | None] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    _kept: list[Any] = field(default_factory=list)

    def NtQuerySystemInformation(self, which: int, room: Any, size: int, used: Any) -> int:  # noqa: N802
        assert which == 11
        answer = len(self.paths).to_bytes(8, "little") + b"".join(
            bytes(
                ProcessModule(
                    full_path_name=path.encode("latin-1"),
                    offset_to_file_name=path.rindex("\\") + 1,
                )
            )
            for path in self.paths
        )
        value_of(used).value = len(answer)
        if size < len(answer):
            return ctypes.c_int32(0xC0000004).value
        room[: len(answer)] = answer
        return 0

    def NtOpenDirectoryObject(self, handle: Any, access: int, attributes: Any) -> int:  # noqa: N802
        asked = value_of(attributes)
        assert (access, asked.length, asked.attributes) == (1, ctypes.sizeof(asked), 0x40)
        name = asked.object_name.contents.text
        if self.folders.get(name) is None:
            return ctypes.c_int32(DENIED).value
        self.opened.append(name)
        value_of(handle).value = len(self.opened)
        return 0

    def NtQueryDirectoryObject(  # noqa: N802
        self, handle: Any, room: Any, size: int, single: int, restart: int, context: Any, used: Any
    ) -> int:
        assert single
        entries = self.folders[self.opened[handle.value - 1]] or ()
        place = value_of(context)
        index = 0 if restart else place.value
        if index >= len(entries):
            return ctypes.c_int32(0x8000001A).value
        name, kind = entries[index]
        needed = 64 + 2 * (len(name) + len(kind))
        value_of(used).value = needed
        if size < needed:
            return ctypes.c_int32(0xC0000023).value
        texts = [each.encode("utf-16-le") for each in (name, kind)]
        begin = ctypes.addressof(room) + ctypes.sizeof(ObjectDirectoryInformation)
        ctypes.memmove(begin, b"".join(texts), sum(map(len, texts)))
        found = ObjectDirectoryInformation.from_buffer(room)
        found.name = UnicodeString(len(texts[0]), len(texts[0]), begin)
        found.type_name = UnicodeString(len(texts[1]), len(texts[1]), begin + len(texts[0]))
        place.value = index + 1
        return 0

    def NtClose(self, handle: Any) -> int:  # noqa: N802
        self._kept.append(handle.value)
        return 0


@dataclass
class FakeFltlib:
    """The names of minifilters, some at a time."""

    batches: Sequence[Sequence[str]] = ()
    refused: int = 0
    closed: int = 0
    _next: int = 0

    def FilterFindFirst(  # noqa: N802
        self, which: int, room: Any, size: int, used: Any, handle: Any
    ) -> int:
        if self.refused:
            return ctypes.c_int32(self.refused).value
        value_of(handle).value = 7
        self._next = 0
        return self._fill(which, room, used)

    def FilterFindNext(self, handle: Any, which: int, room: Any, size: int, used: Any) -> int:  # noqa: N802
        assert handle.value == 7
        return self._fill(which, room, used)

    def FilterFindClose(self, handle: Any) -> int:  # noqa: N802
        self.closed += 1
        return 0

    def _fill(self, which: int, room: Any, used: Any) -> int:
        assert which == 0
        if self._next >= len(self.batches):
            return ctypes.c_int32(0x80070103).value
        names = [name.encode("utf-16-le") for name in self.batches[self._next]]
        self._next += 1
        answer = b""
        for index, name in enumerate(names):
            size = -(-(FILTER_NAME + len(name)) // 8) * 8
            head = FilterFullInformation(
                next_entry_offset=size if index + 1 < len(names) else 0,
                filter_name_length=len(name),
            )
            answer += (bytes(head)[:FILTER_NAME] + name).ljust(size, b"\xee")
        room[: len(answer)] = answer
        value_of(used).value = len(answer)
        return 0
