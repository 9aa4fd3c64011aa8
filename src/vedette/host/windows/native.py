"""Windows' own libraries, as far as they are asked: what they are called with, and the structures they fill.

Each structure names where its layout is documented. Pointers have the size of this process's; an enumeration is one
``c_int``; strings are UTF-16.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final

from vedette.errors import Unsupported

DWORD: Final = ctypes.c_uint32
USHORT: Final = ctypes.c_uint16
HANDLE: Final = ctypes.c_void_p


class UnicodeString(ctypes.Structure):
    """UNICODE_STRING: lengths in bytes. https://learn.microsoft.com/windows/win32/api/ntdef/ns-ntdef-_unicode_string"""

    _fields_ = (
        ("length", USHORT),
        ("maximum_length", USHORT),
        ("buffer", ctypes.c_void_p),
    )

    @property
    def text(self) -> str:
        """What it holds; whoever filled it must still hold the memory."""
        return ctypes.string_at(self.buffer, self.length).decode("utf-16-le", "replace")


class ObjectAttributes(ctypes.Structure):
    """OBJECT_ATTRIBUTES. https://learn.microsoft.com/windows/win32/api/ntdef/ns-ntdef-_object_attributes"""

    _fields_ = (
        ("length", DWORD),
        ("root_directory", HANDLE),
        ("object_name", ctypes.POINTER(UnicodeString)),
        ("attributes", DWORD),
        ("security_descriptor", ctypes.c_void_p),
        ("security_quality_of_service", ctypes.c_void_p),
    )


class ObjectDirectoryInformation(ctypes.Structure):
    """OBJECT_DIRECTORY_INFORMATION. https://learn.microsoft.com/windows/win32/devnotes/ntquerydirectoryobject"""

    _fields_ = (("name", UnicodeString), ("type_name", UnicodeString))


class ProcessModule(ctypes.Structure):
    """RTL_PROCESS_MODULE_INFORMATION: a module of the kernel, its path as the kernel writes it.

    Not in Microsoft's documentation, and since Windows NT 4 the same; here after ``ntldr.h`` of
    https://github.com/winsiderss/phnt. Section and bases are not given to everybody, and not used.
    """

    _fields_ = (
        ("section", HANDLE),
        ("mapped_base", ctypes.c_void_p),
        ("image_base", ctypes.c_void_p),
        ("image_size", DWORD),
        ("flags", DWORD),
        ("load_order_index", USHORT),
        ("init_order_index", USHORT),
        ("load_count", USHORT),
        ("offset_to_file_name", USHORT),
        ("full_path_name", ctypes.c_char * 256),
    )


class ProcessModules(ctypes.Structure):
    """RTL_PROCESS_MODULES, without the modules that follow (``ntldr.h`` of phnt)."""

    _fields_ = (("number_of_modules", DWORD), ("modules", ProcessModule * 0))


class FilterFullInformation(ctypes.Structure):
    """FILTER_FULL_INFORMATION, without the name that follows.

    https://learn.microsoft.com/windows-hardware/drivers/ddi/fltuserstructures/ns-fltuserstructures-_filter_full_information
    """

    _fields_ = (
        ("next_entry_offset", DWORD),
        ("frame_id", DWORD),
        ("number_of_instances", DWORD),
        ("filter_name_length", USHORT),
    )


FILTER_NAME: Final = FilterFullInformation.filter_name_length.offset + 2


class ProcessMemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS. https://learn.microsoft.com/windows/win32/api/psapi/ns-psapi-process_memory_counters"""

    _fields_ = (
        ("cb", DWORD),
        ("page_fault_count", DWORD),
        ("peak_working_set_size", ctypes.c_size_t),
        ("working_set_size", ctypes.c_size_t),
        ("quota_peak_paged_pool_usage", ctypes.c_size_t),
        ("quota_paged_pool_usage", ctypes.c_size_t),
        ("quota_peak_non_paged_pool_usage", ctypes.c_size_t),
        ("quota_non_paged_pool_usage", ctypes.c_size_t),
        ("pagefile_usage", ctypes.c_size_t),
        ("peak_pagefile_usage", ctypes.c_size_t),
    )


_POINTER: Final = ctypes.c_void_p  # to whatever the callee documents; byref() and arrays fit
_WIDE: Final = ctypes.c_wchar_p
_BOOL: Final = ctypes.c_int
_NTSTATUS: Final = ctypes.c_int32
_HRESULT: Final = ctypes.c_int32  # not ctypes.HRESULT, which raises where we want to look

# Result and arguments of each function, after the pages named like them on learn.microsoft.com; K32… is psapi.h
# version 2. BOOLEAN is a byte.
_SIGNATURES: Final[dict[str, dict[str, tuple[Any, tuple[Any, ...]]]]] = {
    "kernel32": {
        "OpenProcess": (HANDLE, (DWORD, _BOOL, DWORD)),
        "CloseHandle": (_BOOL, (HANDLE,)),
        "GetCurrentProcess": (HANDLE, ()),
        "K32EnumProcesses": (_BOOL, (_POINTER, DWORD, _POINTER)),
        "K32EnumProcessModulesEx": (_BOOL, (HANDLE, _POINTER, DWORD, _POINTER, DWORD)),
        "K32GetModuleFileNameExW": (DWORD, (HANDLE, HANDLE, _WIDE, DWORD)),
        "K32GetProcessMemoryInfo": (_BOOL, (HANDLE, _POINTER, DWORD)),
        "GetSystemDirectoryW": (ctypes.c_uint, (_WIDE, ctypes.c_uint)),
    },
    "ntdll": {
        "NtQuerySystemInformation": (_NTSTATUS, (ctypes.c_int, _POINTER, DWORD, _POINTER)),
        "NtOpenDirectoryObject": (_NTSTATUS, (_POINTER, DWORD, _POINTER)),
        "NtQueryDirectoryObject": (
            _NTSTATUS,
            (HANDLE, _POINTER, DWORD, ctypes.c_ubyte, ctypes.c_ubyte, _POINTER, _POINTER),
        ),
        "NtClose": (_NTSTATUS, (HANDLE,)),
    },
    "fltlib": {
        "FilterFindFirst": (_HRESULT, (ctypes.c_int, _POINTER, DWORD, _POINTER, _POINTER)),
        "FilterFindNext": (_HRESULT, (HANDLE, ctypes.c_int, _POINTER, DWORD, _POINTER)),
        "FilterFindClose": (_HRESULT, (HANDLE,)),
    },
}
_SYSTEM32_ONLY: Final = 0x0800  # LOAD_LIBRARY_SEARCH_SYSTEM32: never one that lies beside us


def library(name: str) -> Any:
    """The library ``name`` of System32, its functions declared.

    Raises ``Unsupported`` elsewhere than on Windows, and where this Windows lacks it.
    """
    if sys.platform == "win32":
        try:
            found = ctypes.WinDLL(f"{name}.dll", use_last_error=True, winmode=_SYSTEM32_ONLY)
            for function, (result, arguments) in _SIGNATURES[name].items():
                declared = getattr(found, function)
                declared.restype, declared.argtypes = result, arguments
        except (OSError, AttributeError) as error:
            raise Unsupported("this Windows cannot be asked", "use Windows 7 or later") from error
        return found
    raise Unsupported("this system has none of Windows' libraries", "run it on Windows")
