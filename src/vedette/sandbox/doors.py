"""Closing a worker's doors: after this it computes, reads what it is handed, and answers; nothing else.

Each layer holds without the others. The resource limits (getrlimit(2)) are everywhere; what else the kernel lacks is
said, never silently left out.
"""

from __future__ import annotations

import os
import resource
from typing import Final

from vedette.sandbox import landlock, prctl, seccomp
from vedette.sandbox.limits import Limits

NOBODY: Final = 65534
"""The user and group without rights to anything, on every distribution."""

_DESCRIPTORS: Final = 16


def close(limits: Limits, parent: int) -> list[str]:
    """Closes all of them for this process, which must have one thread; the names of those that this system lacks.

    Raises ``OSError`` where a door that every system has cannot be closed.
    """
    lacks: list[str] = []
    limit_resources(limits)
    if os.geteuid() == 0 and not become_nobody():
        lacks.append("an unprivileged user")
    prctl.hide()
    prctl.die_with(parent)
    prctl.renounce_privileges()
    if known := landlock.version():
        landlock.restrict(known)
    else:
        lacks.append("Landlock")
    if not filter_calls():
        lacks.append("seccomp")
    return lacks


def limit_resources(limits: Limits) -> None:
    """No file grows, no process is made, no core is dumped, and memory ends where ``limits`` says."""
    for what, most in (
        (resource.RLIMIT_DATA, limits.memory),
        (resource.RLIMIT_AS, limits.addresses),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def become_nobody() -> bool:
    """Changes from root to nobody, for good; false where the system has no such user to change to."""
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


def filter_calls() -> bool:
    """Lets seccomp in; false where this kernel or architecture has none."""
    try:
        if seccomp.supported():
            seccomp.restrict()
            return True
    except OSError:
        pass
    return False
