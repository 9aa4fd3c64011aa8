"""The system's drive of a running Windows: how its paths are given to Windows, and what is never opened."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from vedette.errors import Unreadable
from vedette.host.windows import files
from vedette.host.windows.files import WindowsFiles

TREE = {
    r"\\?\C:\Windows": None,
    r"\\?\C:\Windows\System32": None,
    r"\\?\C:\Documents and Settings": r"\\?\C:\Users",
    r"\\?\C:\Users": None,
    r"\\?\C:\Users\x": r"..\Windows\System32",
    r"\\?\C:\Rooted": r"\Windows",
    r"\\?\C:\Data": r"\??\D:\Data",
    r"\\?\D:\Data": None,
    r"\\?\C:\Share": r"\\?\UNC\server\share",
    r"\\?\C:\Plain": r"\\server\share",
    r"\\?\C:\Mounted": r"\\?\Volume{0a1b2c3d-0000-4000-8000-000000000000}\\",
    r"\\?\C:\Loop": r"\Loop",
}


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> WindowsFiles:
    """A drive C: whose links are those of ``TREE``."""

    def target(place: str) -> str | None:
        if place not in TREE:
            raise FileNotFoundError(2, "none")
        return TREE[place]

    monkeypatch.setattr(files, "_target", target)
    return WindowsFiles("C:\\", native=True)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", r"\\?\C:" + "\\"),
        ("/Windows/System32", r"\\?\C:\Windows\System32"),
        (r"\Windows\.\System32\..", r"\\?\C:\Windows"),
        ("/Documents and Settings", r"\\?\C:\Users"),
        ("/Documents and Settings/x", r"\\?\C:\Windows\System32"),
        ("/Rooted/System32", r"\\?\C:\Windows\System32"),
        ("/Data", r"\\?\D:\Data"),
        ("/../..", r"\\?\C:" + "\\"),
    ],
)
def test_paths_as_windows_takes_them(drive: WindowsFiles, path: str, place: str) -> None:
    assert drive._located(path) == place


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/Share/x", "on another computer"),
        ("/Plain", "on another computer"),
        ("/Mounted", "on a drive without a letter"),
        ("/Loop", "too many links"),
        ("/Windows:hidden", "missing"),
        ("/Windows/\0", "missing"),
        ("/None", "missing"),
    ],
)
def test_where_no_way_leads(drive: WindowsFiles, path: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        drive.read(path)
    assert caught.value.reason == reason


def test_a_32_bit_process_reads_the_real_system32(drive: WindowsFiles) -> None:
    drive._redirected = True
    assert drive._place("C:\\", ["windows", "SYSTEM32", "x"]) == r"\\?\C:\windows\Sysnative\x"
    assert drive._place("C:\\", ["Windows", "SysWOW64"]) == r"\\?\C:\Windows\SysWOW64"


def test_what_a_cloud_would_have_to_fetch_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").write_bytes(b"x")
    real = os.stat

    def stat(path: str) -> SimpleNamespace:
        found = real(path)
        return SimpleNamespace(st_mode=found.st_mode, st_file_attributes=0x00400020)

    monkeypatch.setattr(os, "stat", stat)
    with pytest.raises(Unreadable, match="not on this computer"):
        WindowsFiles(str(tmp_path), native=False).read("/there")


def test_a_file_in_use_is_told_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "SYSTEM").write_bytes(b"regf")

    def refuse(*_: object) -> int:
        error = PermissionError(13, "in use")
        error.winerror = 32  # type: ignore[attr-defined, unused-ignore]
        raise error

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unreadable, match="in use"):
        WindowsFiles(str(tmp_path), native=False).read("/SYSTEM")
