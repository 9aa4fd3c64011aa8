r"""What is loaded into the kernel of a running Windows: modules, driver objects, devices and minifilters.

Modules anybody may list. The folders ``\Driver``, ``\FileSystem`` and ``\Device`` of the object manager, and the
filter manager, answer to administrators.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from vedette.errors import Unreadable, Unsupported
from vedette.host import KernelObject
from vedette.host.windows.native import (
    DWORD,
    FILTER_NAME,
    HANDLE,
    FilterFullInformation,
    ObjectAttributes,
    ObjectDirectoryInformation,
    ProcessModule,
    ProcessModules,
    UnicodeString,
    library,
)

_MOST_BYTES: Final = 64 << 20
_MOST: Final = 1 << 16  # objects of one folder

# https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/596a1078-e883-4972-9bbc-49e60bebca55
_MORE_ENTRIES: Final = 0x00000105
_NO_MORE_ENTRIES: Final = 0x8000001A
_LENGTH_MISMATCH: Final = 0xC0000004
_BUFFER_TOO_SMALL: Final = 0xC0000023
_ACCESS_DENIED: Final = 0xC0000022

_SYSTEM_MODULE_INFORMATION: Final = 11  # SystemModuleInformation, ntexapi.h of phnt
_DIRECTORY_QUERY: Final = 0x0001  # DIRECTORY_QUERY, wdm.h
_CASE_INSENSITIVE: Final = 0x40  # OBJ_CASE_INSENSITIVE, ntdef.h

_FILTER_FULL_INFORMATION: Final = 0  # FilterFullInformation, fltuserstructures.h
# HRESULTs of Windows' errors: 0x8007 before the number of winerror.h.
_HR_NO_MORE_ITEMS: Final = 0x80070103
_HR_ACCESS_DENIED: Final = 0x80070005

Role = Literal["module", "driver_object", "device", "minifilter", "bpf"]


def kernel_objects() -> Iterator[KernelObject]:
    """All of them; what cannot be read costs only its own kind, and is told at the end.

    Raises ``Unreadable`` then.
    """
    parts: tuple[tuple[str, Callable[[], list[KernelObject]]], ...] = (
        ("modules", lambda: modules(library("ntdll"))),
        ("driver objects", lambda: _drivers(library("ntdll"))),
        ("devices", lambda: objects(library("ntdll"), "\\Device", "Device", "device")),
        ("minifilters", lambda: minifilters(library("fltlib"))),
    )
    lost = []
    for name, part in parts:
        try:
            yield from part()
        except Unreadable as error:
            lost.append(f"{name} {error.reason}")
        except Unsupported:
            lost.append(f"{name} cannot be asked for")
    if lost:
        raise Unreadable(", ".join(lost))


def modules(ntdll: Any) -> list[KernelObject]:
    """The kernel, what it is made of, and the drivers that are loaded."""
    needed = DWORD(1 << 20)
    while needed.value <= _MOST_BYTES:
        room = ctypes.create_string_buffer(needed.value)
        status = _status(
            ntdll.NtQuerySystemInformation(
                _SYSTEM_MODULE_INFORMATION, room, len(room), ctypes.byref(needed)
            )
        )
        if status != _LENGTH_MISMATCH:
            _check(status)
            return _modules_in(room)
        # More may be loaded before it is asked again.
        needed.value = max(needed.value, len(room)) + (64 << 10)
    raise Unreadable("too large")


def _modules_in(answer: Any) -> list[KernelObject]:
    head = ProcessModules.from_buffer(answer)
    begin, size = ProcessModules.modules.offset, ctypes.sizeof(ProcessModule)
    count = min(head.number_of_modules, (len(answer) - begin) // size)
    found = []
    for index in range(count):
        module = ProcessModule.from_buffer(answer, begin + index * size)
        # In the code page of the system, which only matters beyond ASCII; drivers' names hardly go there.
        path = module.full_path_name.decode("latin-1")
        if name := path.rpartition("\\")[2]:
            found.append(KernelObject("module", name, path=path))
    return found


def _drivers(ntdll: Any) -> list[KernelObject]:
    return [
        found
        for folder in ("\\Driver", "\\FileSystem")
        for found in objects(ntdll, folder, "Driver", "driver_object")
    ]


def objects(ntdll: Any, folder: str, kind: str, role: Role) -> list[KernelObject]:
    """The objects of the type ``kind`` in a folder of the object manager."""
    handle = HANDLE()
    text = ctypes.create_string_buffer(folder.encode("utf-16-le"))
    length = len(text) - 1
    name = UnicodeString(length, length, ctypes.addressof(text))
    attributes = ObjectAttributes(
        length=ctypes.sizeof(ObjectAttributes),
        object_name=ctypes.pointer(name),
        attributes=_CASE_INSENSITIVE,
    )
    _check(
        _status(
            ntdll.NtOpenDirectoryObject(
                ctypes.byref(handle), _DIRECTORY_QUERY, ctypes.byref(attributes)
            )
        )
    )
    try:
        return [
            KernelObject(role, each)
            for each, its_kind in _entries(ntdll, handle)
            if its_kind == kind and each
        ]
    finally:
        ntdll.NtClose(handle)


def _entries(ntdll: Any, handle: Any) -> Iterator[tuple[str, str]]:
    """Names and types of what an open folder holds, one a call: then nothing depends on how many fit."""
    room = ctypes.create_string_buffer(4096)
    context, used = DWORD(), DWORD()
    for index in range(_MOST):
        arguments = (True, index == 0, ctypes.byref(context), ctypes.byref(used))
        status = _status(ntdll.NtQueryDirectoryObject(handle, room, len(room), *arguments))
        if status == _BUFFER_TOO_SMALL and used.value > len(room):
            room = ctypes.create_string_buffer(min(used.value, _MOST_BYTES))
            status = _status(ntdll.NtQueryDirectoryObject(handle, room, len(room), *arguments))
        if status == _NO_MORE_ENTRIES:
            return
        if status != _MORE_ENTRIES:
            _check(status)
        entry = ObjectDirectoryInformation.from_buffer(room)
        yield entry.name.text, entry.type_name.text


def minifilters(fltlib: Any) -> list[KernelObject]:
    """The minifilter drivers that the filter manager has registered.

    https://learn.microsoft.com/windows/win32/api/fltuser/nf-fltuser-filterfindfirst
    """
    room = ctypes.create_string_buffer(64 << 10)
    handle, used = HANDLE(), DWORD()
    answer = (_FILTER_FULL_INFORMATION, room, len(room), ctypes.byref(used))
    result = _status(fltlib.FilterFindFirst(*answer, ctypes.byref(handle)))
    if result == _HR_NO_MORE_ITEMS:
        return []
    _check_result(result)
    found: dict[str, None] = {}
    try:
        while result != _HR_NO_MORE_ITEMS and len(found) < _MOST:
            _check_result(result)
            found.update(dict.fromkeys(_filters_in(room.raw[: used.value])))
            result = _status(fltlib.FilterFindNext(handle, *answer))
    finally:
        fltlib.FilterFindClose(handle)
    return [KernelObject("minifilter", name) for name in found]


def _filters_in(answer: bytes) -> Iterator[str]:
    place = 0
    while place + FILTER_NAME <= len(answer):
        head = FilterFullInformation.from_buffer_copy(
            answer[place:].ljust(ctypes.sizeof(FilterFullInformation), b"\0")
        )
        begin = place + FILTER_NAME
        name = answer[begin : begin + head.filter_name_length]
        if text := name.decode("utf-16-le", "replace"):
            yield text
        if not head.next_entry_offset:
            return
        place += head.next_entry_offset


def _status(result: int) -> int:
    """An NTSTATUS or HRESULT as the documentation writes it: without a sign."""
    return result & 0xFFFFFFFF


def _check(status: int) -> None:
    if status >> 30 >= 2:  # a warning or an error
        raise Unreadable("not permitted" if status == _ACCESS_DENIED else "refused by the system")


def _check_result(result: int) -> None:
    if result >> 31:
        raise Unreadable(
            "not permitted" if result == _HR_ACCESS_DENIED else "refused by the system"
        )
