"""Launchers that pip, setuptools and uv put in front of Python scripts."""

from __future__ import annotations

import re
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.view import PackerView
from vedette.filefacts.packers.zips import LOCAL, find_zip

_SHEBANG: Final = re.compile(rb"#!([^\r\n\0]{1,1024})\r?\n\s*")
_UV: Final = re.compile(rb"UV(SC|PY|UV)\Z")


def _look(view: PackerView) -> Evidence:
    """A line that names the interpreter and a zip behind it; uv's names it behind the zip, with its own mark."""
    overlay = view.overlay
    archive = None if overlay is None else find_zip(overlay)
    if overlay is None or archive is None:
        return []
    shebang = _SHEBANG.match(overlay.head)
    if shebang and archive.offset == overlay.offset + shebang.end():
        return [
            "the overlay begins with a line that names an interpreter",
            f"a zip archive of {archive.entries} files follows it to the end",
        ]
    if _UV.search(overlay.tail) and overlay.head.startswith(LOCAL):
        return [f"a zip archive of {archive.entries} files is appended, and uv's mark behind it"]
    return []


PYTHON_LAUNCHER: Final = Rule(
    "python-launcher-zip", "https://github.com/vsajip/simple_launcher", _look
)
