"""The folders in which a Linux keeps program libraries, for what looks for plug-ins below them."""

from __future__ import annotations

import re
from typing import Final

from vedette.host import Host

_FOLDERS: Final = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
# Debian puts libraries into a folder of the processor's.
_MULTIARCH: Final = re.compile(r"[a-z0-9_]+-linux-[a-z0-9]+")


def library_folders(host: Host) -> list[str]:
    """Paths in ``host.files``, of which one may not exist; a link that leads to another of them is left out. Raises
    ``Unreadable``.
    """
    links = {f"/usr/{entry.name}" for entry in host.files.entries("/usr") if entry.kind == "link"}
    folders = [folder for folder in _FOLDERS if folder not in links]
    return [
        *folders,
        *(
            f"{folder}/{entry.name}"
            for folder in folders
            for entry in host.files.entries(folder)
            if entry.kind == "folder" and _MULTIARCH.fullmatch(entry.name)
        ),
    ]
