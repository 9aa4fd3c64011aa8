"""What every running Windows must do: the real one where the tests run on it, its modules over stand-ins for what
Windows brings, a recording of one, and the fake.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.host.windows.stand_ins import FakeFltlib, FakeKernel32, FakeNtdll, FakeWinreg
from vedette.errors import Unreadable
from vedette.facts.record import Platform
from vedette.host import Host, Kernel, KernelObject, Parser, Query
from vedette.host.registry import Key
from vedette.host.windows import WindowsHost, kernel, management, processes
from vedette.host.windows.files import WindowsFiles
from vedette.host.windows.registry import LiveRegistry
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.recorded import RecordedHost
from vedette.testing.recording import Recorder
from vedette.testing.registry import FakeHive, FakeRegistry

SERVICES = r"SYSTEM\CurrentControlSet\Services"
VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
HOSTS = "/Windows/System32/drivers/etc/hosts"
SYSTEM = Query(r"root\CIMV2", "Win32_OperatingSystem", ("BuildNumber", "SuiteMask"))
NTDLL = "C:\\Windows\\System32\\ntdll.dll"
NTOSKRNL = "\\SystemRoot\\system32\\ntoskrnl.exe"
LENGTH: Parser[int] = Parser("tests.unit.host.test_contract_windows:length", int)

MACHINE: dict[str, dict[str, str | int | bytes | tuple[str, ...] | None]] = {
    rf"{SERVICES}\Tcpip": {
        "Start": 0,
        "ImagePath": r"System32\drivers\tcpip.sys",
        "DependOnService": ("NetIo",),
        "NdisMajorVersion": b"\x06\x00",
    },
    rf"{SERVICES}\Tcpip\Parameters": {"Hostname": "FALKE"},
    VERSION: {"CurrentBuildNumber": "19045", "SystemRoot": r"C:\Windows"},
}


def length(descriptor: int) -> int:
    """A parser that needs no sandbox here."""
    import os

    return os.fstat(descriptor).st_size


def _fake(_: Path, __: pytest.MonkeyPatch) -> Host:
    return FakeHost(
        platform=Platform.WINDOWS,
        files=FakeFiles({HOSTS: b"127.0.0.1 localhost\r\n", "/Windows/win.ini": b""}),
        registry=FakeRegistry(FakeHive(MACHINE), [FakeHive({r"Software\Microsoft": {}})]),
        rows={"Win32_OperatingSystem": [{"BuildNumber": "19045", "SuiteMask": 256}]},
        mapped=[NTDLL],
        objects=[KernelObject("module", "ntoskrnl.exe", path=NTOSKRNL)],
        running=Kernel("19045", "x86_64"),
    )


def _stood_in(folder: Path, patch: pytest.MonkeyPatch) -> Host:
    kinds: dict[type, int] = {str: 1, int: 4, bytes: 3, tuple: 7}
    tree: dict[str, dict[str, tuple[Any, int]]] = {
        f"HKLM\\{path}": {
            name: (list(data) if isinstance(data, tuple) else data, kinds[type(data)])
            for name, data in values.items()
        }
        for path, values in MACHINE.items()
    }
    tree[r"HKU\S-1-5-21-1-2-3-1001\Software\Microsoft"] = {}
    hosts = folder / HOSTS.lstrip("/")
    hosts.parent.mkdir(parents=True)
    hosts.write_bytes(b"127.0.0.1 localhost\r\n")
    ntdll = FakeNtdll([NTOSKRNL], {"\\Driver": [], "\\FileSystem": [], "\\Device": []})
    libraries: dict[str, Any] = {"ntdll": ntdll, "fltlib": FakeFltlib()}
    patch.setattr(kernel, "library", libraries.__getitem__)
    patch.setattr(processes, "library", lambda _: FakeKernel32({8: ["C:\\a.exe", NTDLL]}))
    answer = json.dumps([{"BuildNumber": "19045", "SuiteMask": 256}]).encode()
    patch.setattr(management, "_run", lambda _: answer)
    patch.setattr(management, "_powershell", lambda: "powershell.exe")
    return WindowsHost(
        registry=LiveRegistry(FakeWinreg(tree)),
        files=WindowsFiles(str(folder), native=False),
        shut_in=_in_the_open,
    )


def _in_the_open(parser: Parser[Any], descriptor: int, /, **arguments: object) -> Any:
    return length(descriptor)


def _recorded(folder: Path, patch: pytest.MonkeyPatch) -> Host:
    recorder = Recorder(_stood_in(folder, patch))
    for question in QUESTIONS.values():
        question(recorder)
    return RecordedHost(recorder.written())


def _real(_: Path, __: pytest.MonkeyPatch) -> Host:
    return WindowsHost(shut_in=_in_the_open)


@pytest.fixture(
    params=[
        _fake,
        _stood_in,
        _recorded,
        pytest.param(
            _real, marks=pytest.mark.skipif(sys.platform != "win32", reason="this is no Windows")
        ),
    ]
)
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    make: Callable[[Path, pytest.MonkeyPatch], Host] = request.param
    return make(tmp_path, monkeypatch)


def _is_windows(host: Host) -> None:
    assert (host.platform, host.live) == (Platform.WINDOWS, True)
    found = host.kernel()
    assert found.release
    assert found.release.isdecimal()
    assert found.architecture in {"x86_64", "i686", "aarch64", "armv7l"}
    assert host.health() == {}
    assert host.private is not None


def _reads_services(host: Host) -> None:
    services = host.registry.machine.key(SERVICES, 1)
    assert services is not None
    assert not services.damage
    tcpip = services.key("tcpip")
    assert tcpip is not None
    assert tcpip.number("START") == 0
    assert isinstance(tcpip.value("DependOnService"), tuple)
    assert (tcpip.text("ImagePath") or "").lower().endswith("tcpip.sys")
    assert all(not key.keys for key in services.keys)


def _reads_as_deep_as_asked(host: Host) -> None:
    flat = host.registry.machine.key(rf"{SERVICES}\Tcpip")
    assert flat is not None
    assert flat.name.lower() == "tcpip"
    assert not flat.keys
    deep = host.registry.machine.key(rf"{SERVICES}\Tcpip", 1)
    assert deep is not None
    assert isinstance(deep.key("Parameters"), Key)
    assert deep.values == flat.values


def _knows_no_case(host: Host) -> None:
    key = host.registry.machine.key(VERSION.upper())
    assert key is not None
    assert (key.text("systemroot") or "").lower().endswith("windows")


def _has_no_such_key(host: Host) -> None:
    assert host.registry.machine.key(rf"{SERVICES}\VedetteIsNoService", 2) is None


def _has_users(host: Host) -> None:
    users = host.registry.users()
    assert users
    assert users[0].key(r"Software\Microsoft") is not None
    assert len(host.registry.users()) == len(users)


def _reads_files(host: Host) -> None:
    assert isinstance(host.files.read(HOSTS), bytes)
    assert "hosts" in {entry.name.lower() for entry in host.files.entries(HOSTS[:-6])}
    assert host.files.stat(HOSTS).size == len(host.files.read(HOSTS))
    assert host.files.entries("/Windows/VedetteIsNoFolder") == []


def _says_why_it_cannot(host: Host) -> None:
    with pytest.raises(Unreadable) as caught:
        host.files.read("/Windows/VedetteIsNoFile")
    assert caught.value.reason == "missing"


def _answers_queries(host: Host) -> None:
    (row,) = host.management(SYSTEM)
    assert set(row) == {"BuildNumber", "SuiteMask"}
    assert row["BuildNumber"] == host.kernel().release
    assert isinstance(row["SuiteMask"], int)


def _knows_libraries(host: Host) -> None:
    found = [path.casefold() for path in host.libraries()]
    assert NTDLL.casefold() in found
    assert len(found) == len(set(found))


def _knows_what_the_kernel_runs(host: Host) -> None:
    found = list(host.kernel_objects())
    assert found[0] == KernelObject("module", "ntoskrnl.exe", path=found[0].path)
    assert (found[0].path or "").lower().endswith("\\ntoskrnl.exe")


def _has_files_looked_at(host: Host) -> None:
    assert host.parse(LENGTH, HOSTS) == len(host.files.read(HOSTS))
    with pytest.raises(Unreadable):
        host.parse(LENGTH, "/Windows/VedetteIsNoFile")


QUESTIONS: dict[str, Callable[[Host], None]] = {
    question.__name__.strip("_"): question
    for question in (
        _is_windows,
        _reads_services,
        _reads_as_deep_as_asked,
        _knows_no_case,
        _has_no_such_key,
        _has_users,
        _reads_files,
        _says_why_it_cannot,
        _answers_queries,
        _knows_libraries,
        _knows_what_the_kernel_runs,
        _has_files_looked_at,
    )
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_windows(host: Host, question: Callable[[Host], None]) -> None:
    question(host)
