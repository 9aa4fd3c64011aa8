"""What runs on this Windows: the libraries that are mapped into processes, and what this process itself uses."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, Final

from vedette.errors import Unreadable
from vedette.host.windows.native import DWORD, HANDLE, ProcessMemoryCounters, library

# https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
_ACCESS: Final = 0x0400 | 0x0010  # PROCESS_QUERY_INFORMATION | PROCESS_VM_READ
_ALL_MODULES: Final = 3  # LIST_MODULES_ALL, psapi.h
_PROCESSES: Final = 1024  # of which there is room at first
_MODULES: Final = 512
_MOST: Final = 1 << 16  # of either
_PATH: Final = 32_768  # the longest path there is, with its NUL


def mapped_libraries(kernel32: Any = None) -> Iterator[str]:
    r"""The libraries mapped into processes, except the processes' own programs, each once, as ``C:\…``.

    Processes of other people and protected ones, which may not be looked at, are passed over, as are those that end
    meanwhile. Raises ``Unreadable``.
    """
    kernel32 = kernel32 or library("kernel32")
    seen: set[str] = set()
    for pid in _processes(kernel32):
        handle = kernel32.OpenProcess(_ACCESS, False, pid)
        if not handle:
            continue
        try:
            program = _path(kernel32, handle, None)
            found = [_path(kernel32, handle, module) for module in _modules(kernel32, handle)]
        finally:
            kernel32.CloseHandle(handle)
        for path in found:
            # In other cases it is the same file.
            if path and path != program and path.casefold() not in seen:
                seen.add(path.casefold())
                yield path


def peak_memory(kernel32: Any = None) -> int:
    """The most bytes of memory that this process ever had in use; 0 where Windows does not say."""
    kernel32 = kernel32 or library("kernel32")
    counters = ProcessMemoryCounters()
    size = ctypes.sizeof(counters)
    counters.cb = size
    if not kernel32.K32GetProcessMemoryInfo(
        kernel32.GetCurrentProcess(), ctypes.byref(counters), size
    ):
        return 0
    return int(counters.peak_working_set_size)


def _processes(kernel32: Any) -> list[int]:
    room, used = _PROCESSES, DWORD()
    while room <= _MOST:
        numbers = (DWORD * room)()
        if not kernel32.K32EnumProcesses(numbers, ctypes.sizeof(numbers), ctypes.byref(used)):
            raise Unreadable("the processes cannot be listed")
        count = used.value // ctypes.sizeof(DWORD)
        if count < room:  # a full list may lack some
            return [number for number in numbers[:count] if number]
        room *= 4
    raise Unreadable("too many processes")


def _modules(kernel32: Any, handle: Any) -> list[int]:
    """The modules of an open process as the addresses that they are named by; none where it may not be read."""
    room, used = _MODULES, DWORD()
    while room <= _MOST:
        modules = (HANDLE * room)()
        if not kernel32.K32EnumProcessModulesEx(
            handle, modules, ctypes.sizeof(modules), ctypes.byref(used), _ALL_MODULES
        ):
            return []
        count = used.value // ctypes.sizeof(HANDLE)
        if count <= room:
            return [module for module in modules[:count] if module]
        room = max(room * 2, count)
    return []


def _path(kernel32: Any, handle: Any, module: int | None) -> str:
    """The file of a module, or of the process's program; empty where it is gone."""
    room = ctypes.create_unicode_buffer(_PATH)
    length = kernel32.K32GetModuleFileNameExW(handle, module, room, _PATH)
    return room.value if 0 < length < _PATH else ""
