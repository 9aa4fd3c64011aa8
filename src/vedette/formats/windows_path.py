r"""Where a program named in the Windows registry lies, as a path from the root of the system's drive.

The registry writes them in many ways: ``%SystemRoot%\x.exe -k y``, ``\SystemRoot\System32\drivers\x.sys``,
``\??\C:\x.sys``, ``system32\drivers\x.sys`` (from the Windows folder), ``"C:\Program Files\x.exe" /y``.
"""

from __future__ import annotations

import re
from typing import Final

WINDOWS: Final = "/Windows"
SYSTEM32: Final = "/Windows/System32"

_VARIABLES: Final = {
    "systemroot": WINDOWS,
    "windir": WINDOWS,
    "systemdrive": "",
    "homedrive": "",
    "programfiles": "/Program Files",
    "programw6432": "/Program Files",
    "programfiles(x86)": "/Program Files (x86)",
    "commonprogramfiles": "/Program Files/Common Files",
    "commonprogramw6432": "/Program Files/Common Files",
    "commonprogramfiles(x86)": "/Program Files (x86)/Common Files",
    "programdata": "/ProgramData",
    "allusersprofile": "/ProgramData",
    "public": "/Users/Public",
}
_VARIABLE = re.compile(r"%([^%\\]+)%")
# How the object manager and long paths are asked for: \??\C:\…, \\?\C:\…, \\.\C:\…, \DosDevices\C:\…
_NAMESPACE = re.compile(
    r"(?:\\\?\?|\\\\[?.]|\\DosDevices|\\GLOBAL\?\?)\\(?=[A-Za-z]:)", re.IGNORECASE
)
_ROOTED = re.compile(r"\\?SystemRoot(?=\\)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
# Where arguments follow without a quote, the extension tells where the program's name ends.
_NAMED = re.compile(
    r".*?\.(?:exe|sys|dll|com|scr|cpl|ocx|drv|ax|bat|cmd|msc|vbs|js|ps1|tsp|ime|acm)(?=[\s,\"]|$)",
    re.IGNORECASE | re.DOTALL,
)
_SWITCH = re.compile(r"\s+[-/]")
_BELOW_WINDOWS: Final = ("system32/", "syswow64/", "sysarm32/", "system/", "winsxs/", "inf/")


def program(command: str) -> str:
    """The program of a command line, as it is written there: without quotes and arguments."""
    command = command.strip().strip("\0")
    if command.startswith('"'):
        return command[1:].partition('"')[0].strip()
    if named := _NAMED.match(command):
        return named[0].strip()
    return _SWITCH.split(command, maxsplit=1)[0].strip()


def located(image: str, folder: str = SYSTEM32, drive: str = "C:") -> str | None:
    r"""The path of the program that ``image`` names, such as ``/Windows/System32/x.dll``.

    A name without a folder is taken to lie in ``folder``. None for what lies elsewhere than on the system's
    ``drive`` (``\Device\…``, shares, other drives), in a place that only a user's environment tells, or nowhere.
    """
    place = program(image)
    place = _NAMESPACE.sub("", place, count=1)
    place = _ROOTED.sub("%SystemRoot%", place, count=1) if _ROOTED.match(place) else place
    if found := _VARIABLE.match(place):
        known = _VARIABLES.get(found[1].lower())
        if known is None:
            return None
        place = known + place[found.end() :]
    elif _DRIVE.match(place):
        if place[:2].lower() != drive.lower() or place[2:3] not in {"\\", "/"}:
            return None
        place = place[2:]
    elif place.startswith(("\\", "/")):
        return None
    place = place.replace("\\", "/")
    if not place.startswith("/"):
        lowered = place.lower()
        if lowered.startswith(_BELOW_WINDOWS):
            place = f"{WINDOWS}/{place}"
        elif place and "/" not in place:
            place = f"{folder}/{place}"
        else:
            return None
    return _plain(place)


def _plain(place: str) -> str | None:
    """``place`` without ``.`` and ``..``; none where it is no name of a file or leads out of the drive."""
    parts: list[str] = []
    for part in place.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/" + "/".join(parts) if parts and "\0" not in place else None
