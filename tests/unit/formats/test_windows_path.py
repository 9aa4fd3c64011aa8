"""The many ways in which the registry names a program."""

from __future__ import annotations

import pytest

from vedette.formats.windows_path import located, program

PLACES = {
    r"%SystemRoot%\System32\spoolsv.exe": "/Windows/System32/spoolsv.exe",
    r"%systemroot%\system32\svchost.exe -k netsvcs -p": "/Windows/system32/svchost.exe",
    r"%windir%\x.exe": "/Windows/x.exe",
    r"\SystemRoot\System32\drivers\vmci.sys": "/Windows/System32/drivers/vmci.sys",
    r"SystemRoot\System32\drivers\vmci.sys": "/Windows/System32/drivers/vmci.sys",
    r"\??\C:\Windows\x.sys": "/Windows/x.sys",
    r"\\?\c:\Windows\x.sys": "/Windows/x.sys",
    r"\DosDevices\C:\x.sys": "/x.sys",
    r"system32\DRIVERS\disk.sys": "/Windows/system32/DRIVERS/disk.sys",
    r"SysWOW64\drivers\x.sys": "/Windows/SysWOW64/drivers/x.sys",
    r"C:\Program Files\A B\c d.exe --token=1": "/Program Files/A B/c d.exe",
    r'"C:\Program Files\A B\c.exe" --token=1': "/Program Files/A B/c.exe",
    r'"C:\Program Files\unclosed.exe': "/Program Files/unclosed.exe",
    r'"%ProgramFiles%\A\b.exe" /x': "/Program Files/A/b.exe",
    r"%ProgramFiles(x86)%\A\b.exe": "/Program Files (x86)/A/b.exe",
    r"%SystemDrive%\a\b": "/a/b",
    "kernel32.dll": "/Windows/System32/kernel32.dll",
    "rundll32.exe shell32.dll,Control_RunDLL": "/Windows/System32/rundll32.exe",
    "scecli": "/Windows/System32/scecli",
    r"C:/slash/forward.exe": "/slash/forward.exe",
    r"C:\Windows\.\System32\..\x.exe": "/Windows/x.exe",
    r"%SystemRoot%\system32\lsass -x": "/Windows/system32/lsass",
    "  C:\\x.exe\0": "/x.exe",
    # Elsewhere, or nowhere.
    r"D:\x.sys": None,
    r"C:x.exe": None,
    r"\Device\HarddiskVolume2\x.sys": None,
    r"\\server\share\x.exe": None,
    r"%APPDATA%\x.exe": None,
    r"%unclosed\x.exe": None,
    r"C:\..\..\etc\passwd": None,
    r"drivers\x.sys": None,
    "C:\\": None,
    "C:\\a\0b.exe": None,
    '""': None,
    "": None,
}


@pytest.mark.parametrize("image", PLACES)
def test_where_it_lies(image: str) -> None:
    assert located(image) == PLACES[image]


def test_a_name_alone_lies_where_the_caller_says() -> None:
    assert located("disk.sys", "/Windows/System32/drivers") == "/Windows/System32/drivers/disk.sys"


def test_the_system_may_have_another_drive() -> None:
    assert located(r"D:\Windows\x.exe", drive="D:") == "/Windows/x.exe"
    assert located(r"C:\Windows\x.exe", drive="D:") is None


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (r'"C:\a b.exe" c', r"C:\a b.exe"),
        (r"%x%\a.exe /secret", r"%x%\a.exe"),
        (r"C:\a b\c.exe d.exe", r"C:\a b\c.exe"),
        ("tool", "tool"),
        ("", ""),
    ],
)
def test_the_program_is_told_as_written(command: str, expected: str) -> None:
    assert program(command) == expected
