"""What a worker that was taken over would try. Each of these is called inside a worker; none may come to anything.

A function that fails raises; one that gets somewhere returns. All it needs is imported here, as a worker's
function must.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
from pathlib import Path

_PTRACE_ATTACH = 16
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def connect(_: int, *, port: int) -> None:
    with socket.socket() as channel:
        channel.connect((b"127.0.0.1", port))


def connect_locally(_: int, *, path: str) -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(path)


def listen(_: int) -> None:
    with socket.socket() as channel:
        channel.bind((b"127.0.0.1", 0))


def write_a_file(_: int, *, path: str) -> None:
    Path(path).write_text("here")


def append_to_a_file(_: int, *, path: str) -> None:
    with Path(path).open("a") as file:
        file.write("here")


def write_to_the_file(descriptor: int) -> None:
    os.write(descriptor, b"here")


def truncate_the_file(descriptor: int) -> None:
    os.truncate(descriptor, 0)


def open_the_file_for_writing(descriptor: int) -> None:
    os.close(os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR))


def remove_a_file(_: int, *, path: str) -> None:
    Path(path).unlink()


def read_a_file(_: int, *, path: str) -> str:
    return Path(path).read_text()


def list_a_folder(_: int, *, path: str) -> list[str]:
    return [entry.name for entry in os.scandir(path)]


def change_the_folder(_: int) -> None:
    os.chdir("/tmp")


def read_the_parents_memory(_: int, *, pid: int) -> int:
    return os.open(f"/proc/{pid}/mem", os.O_RDONLY)


def read_the_parents_environment(_: int, *, pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def copy_the_parents_memory(_: int, *, pid: int) -> int:
    class Vector(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    here = ctypes.create_string_buffer(16)
    local = Vector(ctypes.addressof(here), 16)
    return _checked(_libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(local), 1, 0))


def trace_the_parent(_: int, *, pid: int) -> int:
    return _checked(_libc.ptrace(_PTRACE_ATTACH, pid, 0, 0))


def signal_the_parent(_: int, *, pid: int) -> None:
    os.kill(pid, signal.SIGUSR1)


def stop_the_parents_thread(_: int, *, pid: int) -> int:
    return _checked(_libc.syscall(234, pid, pid, signal.SIGUSR1))  # tgkill on x86_64


def have_the_parent_signalled(_: int, *, pid: int) -> int:
    return _checked(_libc.fcntl(0, 8, pid))  # F_SETOWN


def limit_the_parent(_: int, *, pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))


def fork(_: int) -> int:
    if (child := os.fork()) == 0:
        os._exit(0)
    return child


def execute(_: int) -> None:
    os.execv("/bin/true", ["true"])


def spawn(_: int) -> int:
    return os.posix_spawn("/bin/true", ["true"], {})


def become_root(_: int) -> None:
    os.setuid(0)


def lift_a_limit(_: int) -> None:
    hard = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def map_code(_: int) -> None:
    mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_EXEC | mmap.PROT_READ)


def map_shared_memory(_: int) -> None:
    mmap.mmap(-1, 1 << 30)


def make_a_memory_file(_: int) -> int:
    return os.memfd_create("hidden")


def open_many(descriptor: int) -> None:
    for _ in range(64):
        os.dup(descriptor)


def watch_the_kernel(_: int) -> int:
    return _checked(_libc.syscall(321, 0, 0, 0))  # bpf on x86_64


def mount(_: int) -> int:
    return _checked(_libc.mount(b"none", b"/mnt", b"tmpfs", 0, None))


def leave_for_another_namespace(_: int) -> int:
    return _checked(_libc.unshare(0x10000000))  # CLONE_NEWUSER
