"""What ``/proc`` says of a process (proc(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator

_MAPPED = 6  # fields of a line of maps, with the path
_MOST = 16 << 20  # bytes of one process's map
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


def mapped_libraries(proc: str = "/proc") -> Iterator[str]:
    """The files that processes below ``proc`` have mapped to be executed, except their own programs; each once.

    Without the rights to see other people's processes these are passed over, as are those that end meanwhile.
    """
    seen: set[str] = set()
    for pid in filter(str.isdecimal, os.listdir(proc)):
        try:
            own = os.readlink(f"{proc}/{pid}/exe")
            with open(f"{proc}/{pid}/maps", "rb") as file:
                lines = file.read(_MOST).splitlines()
        except OSError:
            continue
        for line in lines:
            fields = line.split(None, _MAPPED - 1)
            if len(fields) < _MAPPED or b"x" not in fields[1] or not fields[5].startswith(b"/"):
                continue
            path = os.fsdecode(fields[5])
            if path != own and path not in seen:
                seen.add(path)
                yield undeleted(path)
