"""What on this computer must never be blocked, whoever says so: what it cannot run without, and what its system
installed.

Asked only when a verdict would block a file, so it may read whole package databases, line by line, and keeps nothing.
"""

from __future__ import annotations

import functools
import glob
import os
import stat
import sys
from collections.abc import Iterator

_ELF = b"\x7fELF"
_LOADERS = tuple(
    f"{usr}/{lib}/ld-*.so*" for usr in ("", "/usr") for lib in ("lib", "lib32", "lib64", "lib/*")
)
_INITS = ("/sbin/init", "/usr/lib/systemd/systemd", "/bin/init", "/init")
# Links at the root since the merge of /usr: databases may name a file by either path.
_MERGED = ("/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/")
_SYSTEM = ("/usr/", *_MERGED)
_LOCAL = "/usr/local/"


def immunity(path: str, root: str = "/") -> str | None:
    """Why the file at ``path`` must not be blocked, in a few words; ``None`` if it may be.

    ``path`` and the package databases are looked for under ``root``; another than "/" serves tests.
    """
    try:
        real = _inside(root, path)
        found = os.stat(real)
    except OSError:
        return None  # not there, so nothing to block
    identity = (found.st_dev, found.st_ino)
    if identity in _identities(loader_and_init(root)):
        return "the system cannot run without it"
    if identity in _identities(own_files()):
        return "Vedette runs from it"
    name = "/" + os.path.relpath(real, os.path.realpath(root))
    try:
        owner = _dpkg_owner(name, root) or _apk_owner(name, root)
        known = _has(root, "var/lib/dpkg/info") or _has(root, *_APK)
    except OSError:  # then nobody can say that it is not the system's
        owner, known = None, False
    if owner:
        return f"installed by the system's packages ({owner})"
    if known or not _of_the_system(name, found):
        return None
    return (
        "a file of the system"
        if not _has(root, *_RPM)
        else "installed by the system's packages (rpm)"
    )


def loader_and_init(root: str = "/") -> frozenset[str]:
    """Paths of the dynamic loaders, of the first process and of the programs named init."""
    found = {path for pattern in _LOADERS for path in glob.glob(root.rstrip("/") + pattern)}
    found.update(os.path.join(root, path.lstrip("/")) for path in _INITS)
    if root == "/":
        found.add("/proc/1/exe")
        found.update(filter(None, map(_interpreter, (*_INITS, "/proc/1/exe", "/proc/self/exe"))))
    return frozenset(path for path in found if os.path.isfile(path))


def own_files() -> frozenset[str]:
    """Paths of what Vedette itself is executed from: the interpreter, and the command beside it."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    names = {sys.executable, base, "/proc/self/exe", os.path.join(sys.prefix, "bin", "vedette")}
    return frozenset(os.path.realpath(name) for name in names if name and os.path.isfile(name))


def _identities(paths: frozenset[str]) -> set[tuple[int, int]]:
    found = set()
    for path in paths:
        try:
            facts = os.stat(path)
        except OSError:
            continue
        found.add((facts.st_dev, facts.st_ino))
    return found


def _interpreter(program: str) -> str | None:
    """The loader that an ELF program of 64 bits asks for (PT_INTERP)."""
    try:
        with open(program, "rb") as file:
            head = file.read(64)
            if len(head) < 64 or head[:4] != _ELF or head[4] != 2:
                return None
            number = functools.partial(
                int.from_bytes, byteorder="big" if head[5] == 2 else "little"
            )
            start, size, count = number(head[32:40]), number(head[54:56]), number(head[56:58])
            file.seek(start)
            table = file.read(size * count)
            for offset in range(0, len(table), size or 1):
                entry = table[offset : offset + size]
                if number(entry[:4]) == 3:
                    file.seek(number(entry[8:16]))
                    return os.fsdecode(file.read(min(number(entry[32:40]), 4096)).rstrip(b"\0"))
    except OSError:
        pass
    return None


def _inside(root: str, path: str) -> str:
    return os.path.realpath(os.path.join(root, path.lstrip("/")))


def _aliases(path: str) -> set[str]:
    """``path`` and what it is called on the other side of the merge of /usr."""
    if path.startswith(_MERGED):
        return {path, "/usr" + path}
    if path.startswith("/usr/") and path[4:].startswith(_MERGED):
        return {path, path[4:]}
    return {path}


def _dpkg_owner(path: str, root: str) -> str | None:
    """The Debian package that ``path`` belongs to (dpkg-query(1), dpkg-divert(1))."""
    folder = os.path.join(root, "var/lib/dpkg/info")
    wanted = {os.fsencode(alias) + b"\n": "" for alias in _aliases(path)}
    keeps: str | None = None
    for contested, moved_to, package in _diversions(root):
        if _aliases(moved_to) & _aliases(path):  # listed by its package under the contested name
            wanted |= {os.fsencode(alias) + b"\n": package for alias in _aliases(contested)}
        elif _aliases(contested) & _aliases(path):
            keeps = package
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return None
    for name in names:
        package, dot, kind = name.rpartition(".")
        package = package.partition(":")[0]
        if not dot or kind != "list" or keeps not in {None, package}:
            continue
        with open(os.path.join(folder, name), "rb") as lines:
            for line in lines:
                if line in wanted and wanted[line] != package:
                    return package
    return None


def _diversions(root: str) -> Iterator[tuple[str, str, str]]:
    """Triples of a contested path, where other packages' file went, and the package that keeps the path (":":
    none).
    """
    try:
        with open(os.path.join(root, "var/lib/dpkg/diversions"), "rb") as lines:
            for line in lines:
                contested, moved_to, package = line, next(lines, b""), next(lines, b"")
                yield _text(contested), _text(moved_to), _text(package)
    except FileNotFoundError:
        return


def _text(line: bytes) -> str:
    return os.fsdecode(line.rstrip(b"\n"))


_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_RPM = ("usr/lib/sysimage/rpm", "var/lib/rpm")


def _apk_owner(path: str, root: str) -> str | None:
    """The Alpine package that ``path`` belongs to (apk-package(5): P: package, F: folder, R: file in it)."""
    wanted = {os.fsencode(alias[1:]) for alias in _aliases(path)}
    for database in _APK:
        try:
            with open(os.path.join(root, database), "rb") as lines:
                package = folder = b""
                for line in lines:
                    kind, value = line[:2], line[2:].rstrip(b"\n")
                    if kind == b"P:":
                        package = value
                    elif kind == b"F:":
                        folder = value
                    elif kind == b"R:" and (folder + b"/" + value if folder else value) in wanted:
                        return os.fsdecode(package)
        except FileNotFoundError:
            continue
    return None


def _has(root: str, *paths: str) -> bool:
    return any(os.path.exists(os.path.join(root, path)) for path in paths)


def _of_the_system(path: str, found: os.stat_result) -> bool:
    """Where no list of files can be read: root's, in the system's folders, and nobody else may write it."""
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    in_place = path.startswith(_SYSTEM) and not path.startswith(_LOCAL)
    return in_place and found.st_uid == 0 and not others
