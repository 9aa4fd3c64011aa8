"""What the kernel and the processes of a running Windows tell, over stand-ins for its libraries."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

from tests.unit.host.windows.stand_ins import FakeFltlib, FakeKernel32, FakeNtdll
from vedette.errors import Unreadable, Unsupported
from vedette.host import KernelObject
from vedette.host.windows import kernel, native
from vedette.host.windows.processes import mapped_libraries, peak_memory

NTDLL = "C:\\Windows\\System32\\ntdll.dll"
PATHS = ["\\SystemRoot\\system32\\ntoskrnl.exe", "\\SystemRoot\\System32\\drivers\\tcpip.sys"]


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="sizes of 64-bit Windows")
@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (native.UnicodeString, 16),
        (native.ObjectAttributes, 48),
        (native.ObjectDirectoryInformation, 32),
        (native.ProcessModule, 296),
        (native.ProcessMemoryCounters, 72),
    ],
)
def test_structures_have_the_sizes_of_64_bit_windows(structure: Any, size: int) -> None:
    assert ctypes.sizeof(structure) == size


def test_offsets_are_those_of_the_headers() -> None:
    assert native.FILTER_NAME == 14
    assert native.ProcessModules.modules.offset == ctypes.sizeof(ctypes.c_void_p)
    assert native.ProcessModule.full_path_name.offset == ctypes.sizeof(ctypes.c_void_p) * 3 + 16


def test_modules_are_told_with_the_kernels_paths() -> None:
    assert kernel.modules(FakeNtdll(PATHS)) == [
        KernelObject("module", "ntoskrnl.exe", path=PATHS[0]),
        KernelObject("module", "tcpip.sys", path=PATHS[1]),
    ]


def test_more_modules_than_there_was_room_for() -> None:
    assert len(kernel.modules(FakeNtdll(PATHS * 4000))) == 8000


def test_objects_of_one_type_in_a_folder() -> None:
    long = "N" * 5000
    ntdll = FakeNtdll(
        folders={"\\Device": [("Null", "Device"), ("Harddisk0", "Directory"), (long, "Device")]}
    )
    assert kernel.objects(ntdll, "\\Device", "Device", "device") == [
        KernelObject("device", "Null"),
        KernelObject("device", long),
    ]
    assert ntdll._kept == [1]


def test_minifilters_come_in_batches_each_once() -> None:
    fltlib = FakeFltlib([["WdFilter", "luafv"], ["bindflt"], ["luafv"]])
    assert [found.name for found in kernel.minifilters(fltlib)] == ["WdFilter", "luafv", "bindflt"]
    assert fltlib.closed == 1
    assert kernel.minifilters(FakeFltlib()) == []


def test_a_part_that_is_closed_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries: dict[str, Any] = {
        "ntdll": FakeNtdll(PATHS[:1], {"\\Device": [("Null", "Device")]}),
        "fltlib": FakeFltlib(refused=0x80070005),
    }
    monkeypatch.setattr(kernel, "library", libraries.__getitem__)
    found: list[KernelObject] = []
    with pytest.raises(Unreadable) as caught:
        found.extend(kernel.kernel_objects())
    assert [each.name for each in found] == ["ntoskrnl.exe", "Null"]
    assert caught.value.reason == "driver objects not permitted, minifilters not permitted"


def test_libraries_are_told_once_and_programs_not_at_all() -> None:
    kernel32 = FakeKernel32(
        {
            0: None,
            4: None,
            8: ["C:\\a.exe", NTDLL, "C:\\x.dll"],
            12: ["C:\\b.exe", NTDLL.upper(), "D:\\y.dll"],
        }
    )
    assert list(mapped_libraries(kernel32)) == [NTDLL, "C:\\x.dll", "D:\\y.dll"]
    assert not kernel32.opened


def test_many_processes_and_modules_fit() -> None:
    many = ["C:\\a.exe", *(f"C:\\{number}.dll" for number in range(1500))]
    kernel32 = FakeKernel32(
        {4 * number: many if number == 2500 else None for number in range(1, 2600)}
    )
    assert len(list(mapped_libraries(kernel32))) == 1500


def test_peak_memory_in_bytes() -> None:
    assert peak_memory(FakeKernel32({})) == 40 << 20


@pytest.mark.skipif(sys.platform == "win32", reason="here they are")
def test_elsewhere_there_are_no_libraries() -> None:
    with pytest.raises(Unsupported):
        native.library("ntdll")
    with pytest.raises(Unreadable, match="modules cannot be asked for"):
        list(kernel.kernel_objects())
