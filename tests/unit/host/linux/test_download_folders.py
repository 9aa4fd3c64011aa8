"""Where people's downloads go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.host.linux.download_folders import download_folders
from vedette.host.linux.files import LinuxFiles

HOME = "/home/anna"


def folders(root: Path, settings: bytes | None, *there: str, owner: int = 1000) -> list[str]:
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\n"
        "daemon:x:1:1::/usr/sbin:/bin/sh\n"
        f"anna:x:1000:1000:Anna:{HOME}:/bin/sh\n"
        "broken:x:1001\n"
        "nowhere:x:1002:1002::/:/bin/sh\n"
        "same:x:1000:1000::/home/anna/:/bin/sh\n"
    )
    (root / "home/anna/.config").mkdir(parents=True)
    if settings is not None:
        (root / "home/anna/.config/user-dirs.dirs").write_bytes(settings)
    for folder in there:
        (root / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        os.chown(root / folder.lstrip("/"), owner, owner)
    return download_folders(LinuxFiles(root))


@pytest.mark.root
@pytest.mark.parametrize(
    ("settings", "there", "found"),
    [
        (None, "/home/anna/Downloads", True),
        (b'XDG_DOWNLOAD_DIR="$HOME/T\xc3\xa9l\xc3\xa9chargements"\n', "/home/anna/Téléchargements", True),
        (b'#XDG_DOWNLOAD_DIR="$HOME/other"\n', "/home/anna/Downloads", True),
        (b'XDG_DOWNLOAD_DIR="/data/in\\"coming"\n', '/data/in"coming', True),
        (b'XDG_DOWNLOAD_DIR="$HOME/a"\nXDG_DOWNLOAD_DIR="$HOME/b"\n', "/home/anna/b", True),
        (b'XDG_DOWNLOAD_DIR="$HOME"\n', "/home/anna", False),
        (b'XDG_DOWNLOAD_DIR="$HOME/"\n', "/home/anna", False),
        (b'XDG_DOWNLOAD_DIR="$HOME/.."\n', "/home", False),
        (b'XDG_DOWNLOAD_DIR="/"\n', "/", False),
        (b'XDG_DOWNLOAD_DIR="relative"\n', "/relative", False),
        (b"\0\xff", "/home/anna/Downloads", True),
    ],
)  # fmt: skip
def test_the_folder_that_is_set_or_the_usual_one(
    tmp_path: Path, settings: bytes | None, there: str, found: bool
) -> None:
    assert folders(tmp_path, settings, there) == ([there] if found else [])


@pytest.mark.root
def test_a_folder_of_somebody_else_or_of_nobody_is_not_watched(tmp_path: Path) -> None:
    assert folders(tmp_path, b'XDG_DOWNLOAD_DIR="/srv"\n', "/srv", owner=0) == []


def test_one_that_is_missing_is_not_watched(tmp_path: Path) -> None:
    assert folders(tmp_path, None) == []


def test_without_users_there_are_none(tmp_path: Path) -> None:
    assert download_folders(LinuxFiles(tmp_path)) == []
