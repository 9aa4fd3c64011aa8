"""What ``/proc`` says of a process (proc(5))."""

from __future__ import annotations

import os

_DELETED = " (deleted)"
_FORKED_WITHOUT_EXEC = 0x40  # PF_FORKNOEXEC, linux/sched.h
_FLAGS = 6  # of the fields after the command's closing parenthesis


def program(pid: int | str) -> str:
    """The path of the file that ``pid`` executes, also where it was removed since.

    Raises ``OSError``: ``FileNotFoundError`` or ``ProcessLookupError`` for a process that is gone or has no program.
    """
    return undeleted(os.readlink(f"/proc/{pid}/exe"))


def undeleted(path: str) -> str:
    """``path`` as the kernel shows it, without its note that the file was removed."""
    if path.endswith(_DELETED) and not os.path.lexists(path):
        return path.removesuffix(_DELETED)
    return path


def executed(pid: int | str) -> bool:
    """Whether ``pid`` has started a program itself, rather than only being a copy of its parent. Raises
    ``OSError``.
    """
    with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
        fields = file.read(1024).rpartition(b")")[2].split()
    return len(fields) > _FLAGS and not int(fields[_FLAGS]) & _FORKED_WITHOUT_EXEC
