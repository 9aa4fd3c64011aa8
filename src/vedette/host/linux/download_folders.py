"""Where people's downloads go: the folder that each has set for it (xdg-user-dirs), or the usual one."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from typing import Final

from vedette.errors import Unreadable
from vedette.host import Files

_USUAL: Final = "Downloads"
_PEOPLE: Final = (0, *range(1000, 65_000))
_SET: Final = re.compile(r'^\s*XDG_DOWNLOAD_DIR\s*=\s*"((?:[^"\\]|\\.)*)"\s*$', re.MULTILINE)
_MOST: Final = 256


def download_folders(files: Files) -> list[str]:
    """The folders, of at most 256 people, that are there now and belong to whom they should. Never raises."""
    found: list[str] = []
    for number, home in _homes(files):
        folder = _folder(files, home)
        if folder and folder not in found and _belongs(files, folder, number):
            found.append(folder)
        if len(found) == _MOST:
            break
    return found


def _homes(files: Files) -> Iterator[tuple[int, str]]:
    try:
        text = files.read("/etc/passwd", limit=16 << 20).decode("utf-8", "surrogateescape")
    except Unreadable:
        return
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) < 7 or not fields[2].isdecimal() or int(fields[2]) not in _PEOPLE:
            continue
        if posixpath.isabs(fields[5]) and fields[5].strip("/"):
            yield int(fields[2]), posixpath.normpath(fields[5])


def _folder(files: Files, home: str) -> str | None:
    """None: set to the home itself, which means to none."""
    try:
        settings = files.read(f"{home}/.config/user-dirs.dirs", limit=64 << 10)
    except Unreadable:
        return f"{home}/{_USUAL}"
    found = _SET.findall(os.fsdecode(settings))
    if not found:
        return f"{home}/{_USUAL}"
    value = re.sub(r"\\(.)", r"\1", found[-1])
    place = re.sub(r"^\$HOME(?=/|$)", lambda _: home, value)
    if not posixpath.isabs(place):
        return None
    place = posixpath.normpath(place)
    return None if posixpath.commonpath([place, home]) == place else place


def _belongs(files: Files, folder: str, number: int) -> bool:
    """A person can name any folder; only their own is watched for them."""
    try:
        found = files.stat(folder)
    except Unreadable:
        return False
    return stat.S_ISDIR(found.mode) and found.owner == number
