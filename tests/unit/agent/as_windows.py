"""``python -m tests.unit.agent.as_windows ARGUMENT…`` runs ``vedette`` as if on a Windows: without the modules and
functions that Python lacks there, with stand-ins for those that it has. ``record FILE`` makes a recording instead.
"""

from __future__ import annotations

import importlib
import os
import select
import signal
import socket
import sys
import types
from pathlib import Path
from typing import Any

from tests.unit.host.windows.stand_ins import FakeFltlib, FakeKernel32, FakeNtdll, FakeWinreg

# What is loaded before the system seems to be another one: the interpreter's own libraries look at it as well.
LOADED_BEFORE = (
    *("click", "cryptography.hazmat.primitives.asymmetric.ed25519", "cryptography.x509", "h11"),
    *("ctypes", "encodings.idna", "http.client", "logging.handlers", "msgspec", "ntpath"),
    *("platform", "sqlite3", "ssl", "subprocess", "tempfile", "zoneinfo", "zstandard"),
)

# https://docs.python.org/3/library/os.html and the modules' own pages: "Availability: Unix", or "not Windows".
MISSING_MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline")
MISSING_NAMES: dict[types.ModuleType, tuple[str, ...]] = {
    os: (
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_PATH"),
        *("geteuid", "getuid", "getegid", "getgid", "uname", "fork", "pread", "pwrite", "chown"),
        *("memfd_create", "mkfifo", "nice", "getxattr", "setsid", "killpg", "sysconf"),
        *("register_at_fork", "posix_spawn", "sched_getaffinity", "statvfs", "fchmod", "fchown"),
    ),
    signal: ("SIGKILL", "SIGUSR1", "SIGHUP", "pthread_sigmask", "setitimer"),
    socket: ("AF_UNIX", "AF_NETLINK", "AF_PACKET", "SO_PEERCRED", "send_fds", "recv_fds"),
    select: ("poll", "epoll"),
}


class _Absent:
    """Finds none of the modules that a Windows lacks."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in MISSING_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _locking(descriptor: int, mode: int, count: int) -> None:
    """As documented: the region may lie behind the file's end."""
    assert mode in {1, 2}
    assert count == 1
    assert os.lseek(descriptor, 0, os.SEEK_CUR) == 0


def become_windows(drive: Path) -> None:
    """From here on this process finds what a Windows has whose system drive lies in the folder ``drive``."""
    for module in LOADED_BEFORE:
        importlib.import_module(module)
    for module in MISSING_MODULES:
        sys.modules.pop(module, None)
    sys.meta_path.insert(0, _Absent())
    for module_, names in MISSING_NAMES.items():
        for name in names:
            if hasattr(module_, name):
                delattr(module_, name)
    registry = FakeWinreg(
        {
            r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion": {
                "ProductName": ("Windows 10 Pro", 1),
                "CurrentBuildNumber": ("19045", 1),
            },
            r"HKLM\SYSTEM\CurrentControlSet\Services\Spooler": {
                "Type": (0x110, 4),
                "Start": (2, 4),
                "ImagePath": (r"%SystemRoot%\System32\spoolsv.exe", 2),
            },
            r"HKU\S-1-5-21-1-2-3-1001\Software\Microsoft": {},
        }
    )
    sys.modules["winreg"] = registry  # type: ignore[assignment]
    msvcrt: Any = types.ModuleType("msvcrt")
    msvcrt.locking, msvcrt.LK_LOCK, msvcrt.LK_NBLCK = _locking, 1, 2
    sys.modules["msvcrt"] = msvcrt
    os.environ["LOCALAPPDATA"] = str(drive / "Users/anna/AppData/Local")
    sys.platform = "win32"

    from vedette.host.windows import files, kernel, management, processes

    libraries: dict[str, Any] = {
        "ntdll": FakeNtdll(["\\SystemRoot\\system32\\ntoskrnl.exe"]),
        "fltlib": FakeFltlib(),
        "kernel32": FakeKernel32({8: ["C:\\a.exe", "C:\\Windows\\System32\\ntdll.dll"]}),
    }
    for module_ in (kernel, processes):
        module_.library = libraries.__getitem__  # type: ignore[attr-defined]
    management._powershell = lambda: "powershell.exe"
    management._run = lambda command: b"!InvalidClass"
    # The one thing that no stand-in can bring: paths that only Windows takes.
    made = files.WindowsFiles.__init__
    files.WindowsFiles.__init__ = lambda self: made(self, str(drive), native=False)  # type: ignore[assignment,misc]


if __name__ == "__main__":
    become_windows(Path(sys.argv.pop(1)))
    if sys.argv[1] == "record":
        from vedette.testing.recording import main as record

        record(sys.argv[2:])
    from vedette.cli import main

    main()
