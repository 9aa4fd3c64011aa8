"""seccomp (seccomp(2)): the system calls that a worker may still make, as a program that the kernel runs before each.

What is not on the list fails with EPERM. The list is what an interpreter needs to read an open file, answer and end;
it has no way to open, create or execute anything, to make a process or a socket, or to reach another process.
newfstatat is on it because fstat(3) is made of it: it can tell that a name exists, and nobody outside.

The program is classic BPF over ``struct seccomp_data``; of an argument the lower half is looked at, which is all that
the kernel itself looks at in these.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from vedette.sandbox.prctl import filter_system_calls

_ARCHITECTURES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# Numbers on x86_64 and aarch64 (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
_ALLOWED: Final[Mapping[str, tuple[int, int]]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "getpid": (39, 172),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "exit": (60, 93),
    "getrusage": (98, 165),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "fadvise64": (221, 223),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "getrandom": (318, 278),
}
_MMAP, _MPROTECT, _FCNTL, _TGKILL = (9, 222), (10, 226), (72, 25), (234, 131)
_PRLIMIT: Final = (302, 261)
# Of fcntl(2) what mmap.mmap and the interpreter use: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC. Others
# could have signals sent to another process.
_FCNTL_COMMANDS: Final = (0, 1, 2, 3, 1030)

_LOAD, _AND, _JUMP_EQUAL, _RETURN = 0x20, 0x54, 0x15, 0x06
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_REFUSE: Final = 0x00050001  # SECCOMP_RET_ERRNO with EPERM
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # places in struct seccomp_data


class Instruction(NamedTuple):
    """``struct sock_filter``; the jumps count instructions to skip."""

    code: int
    operand: int
    jump_true: int = 0
    jump_false: int = 0


class _Filter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Filter)))


def supported() -> bool:
    """Whether this module knows the architecture, and Python runs on it natively."""
    return platform.machine() in _ARCHITECTURES and sys.maxsize > 2**32


def restrict() -> None:
    """Leaves this process, for good, the calls of the list. Raises ``OSError`` where the kernel has no seccomp."""
    instructions = tuple(assemble(platform.machine(), os.getpid()))
    filters = (_Filter * len(instructions))(
        *(_Filter(one.code, one.jump_true, one.jump_false, one.operand) for one in instructions)
    )
    filter_system_calls(_Program(len(instructions), filters))


def assemble(machine: str, pid: int) -> Iterator[Instruction]:
    """The program for an architecture of ``uname -m``; ``pid`` may signal itself, as abort(3) does, and
    move its own limits below those that are set for good.
    """
    column, architecture = _ARCHITECTURES[machine]
    yield Instruction(_LOAD, _ARCHITECTURE)
    yield Instruction(_JUMP_EQUAL, architecture, jump_true=1)
    yield Instruction(_RETURN, _KILL)
    yield Instruction(_LOAD, _NUMBER)
    for numbers in _ALLOWED.values():
        yield from _if_equal(numbers[column], [Instruction(_RETURN, _ALLOW)])
    executable = [*_refuse_bits(2, mmap.PROT_EXEC)]
    shared_memory = [*_refuse_bits(3, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)]
    allow = [Instruction(_RETURN, _ALLOW)]
    yield from _if_equal(_MMAP[column], [*executable, *shared_memory, *allow])
    yield from _if_equal(_MPROTECT[column], [*executable, *allow])
    yield from _if_equal(_FCNTL[column], [*_allow_values(1, _FCNTL_COMMANDS)])
    yield from _if_equal(_TGKILL[column], [*_allow_values(0, (pid,))])
    yield from _if_equal(_PRLIMIT[column], [*_allow_values(0, (0,))])
    yield Instruction(_RETURN, _REFUSE)


def _if_equal(value: int, block: list[Instruction]) -> Iterator[Instruction]:
    yield Instruction(_JUMP_EQUAL, value, jump_false=len(block))
    yield from block


def _refuse_bits(argument: int, bits: int) -> Iterator[Instruction]:
    """Refuses where all of ``bits`` are set in the argument."""
    yield Instruction(_LOAD, _ARGUMENTS + 8 * argument)
    yield Instruction(_AND, bits)
    yield from _if_equal(bits, [Instruction(_RETURN, _REFUSE)])


def _allow_values(argument: int, values: tuple[int, ...]) -> Iterator[Instruction]:
    """Allows where the argument is one of ``values``, and refuses otherwise."""
    yield Instruction(_LOAD, _ARGUMENTS + 8 * argument)
    for value in values:
        yield from _if_equal(value, [Instruction(_RETURN, _ALLOW)])
    yield Instruction(_RETURN, _REFUSE)
