"""Desktop entries, after the examples and rules of the specification."""

from __future__ import annotations

import pytest

from vedette.formats.desktop_entry import parse

FOOVIEW = rb"""# before any group
Name=Nothing
[Desktop Entry]
Version=1.0
Type=Application
 Name = Foo Viewer
Name[de]=Foo-Betrachter
Comment=The best viewer\nfor Foo\s\\objects\q
Exec=fooview %F
TryExec=
Icon=fooview
MimeType=image/x-foo;text/a\;b;;
Actions=Gallery;Create
Hidden=true
Terminal=perhaps
Path[$e]=$HOME/foo
Name[de][$i]=Foo
this line says nothing

[Desktop Action Gallery]
Exec="/opt/The \"Foo\" \\\\$ Viewer/100%%/foo" --gallery
Hidden=1
NoDisplay=0
"""


def test_values_of_each_group() -> None:
    entry = parse(FOOVIEW)
    assert entry.text("Name") == "Foo Viewer"
    assert entry.text("Comment") == "The best viewer\nfor Foo \\objects\\q"
    assert entry.text("Path") == "$HOME/foo"
    assert entry.text("TryExec") is None
    assert entry.text("Name", "Desktop Action Gallery") is None
    assert entry.text("Name", "No Such Group") is None
    assert set(entry.groups) == {"Desktop Entry", "Desktop Action Gallery"}
    assert "this line says nothing" not in entry.groups["Desktop Entry"]


def test_lists() -> None:
    entry = parse(FOOVIEW)
    assert entry.texts("MimeType") == ("image/x-foo", "text/a;b")
    assert entry.texts("Actions") == ("Gallery", "Create")
    assert entry.texts("OnlyShowIn") == ()
    assert parse(b"[Desktop Entry]\nA=x;y\\").texts("A") == ("x", "y\\")


def test_flags() -> None:
    entry = parse(FOOVIEW)
    assert entry.flag("Hidden") is True
    assert entry.flag("NoDisplay") is None
    assert entry.flag("Terminal") is None
    assert entry.flag("Hidden", "Desktop Action Gallery") is True
    assert entry.flag("NoDisplay", "Desktop Action Gallery") is False


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("fooview %F", "fooview"),
        ("/usr/bin/fooview", "/usr/bin/fooview"),
        ('"/opt/Foo Viewer/foo" %u', "/opt/Foo Viewer/foo"),
        (r'"/opt/\\$HOME/\\"foo\\"" --x', '/opt/$HOME/"foo"'),
        ("/opt/100%%/foo", "/opt/100%/foo"),
        ('"unfinished quote', '"unfinished'),
        ('""', None),
        ("", None),
    ],
)
def test_the_program_of_a_command(command: str, program: str | None) -> None:
    assert parse(f"[Desktop Entry]\nExec={command}\n".encode()).program() == program


def test_the_program_of_an_action() -> None:
    group = "Desktop Action Gallery"
    assert parse(FOOVIEW).program("Exec", group) == '/opt/The "Foo" \\$ Viewer/100%/foo'


def test_the_later_of_two_counts() -> None:
    entry = parse(b"[Desktop Entry]\r\nExec=good\r\n[X]\r\nA=b\r\n[Desktop Entry]\r\nExec=bad\r\n")
    assert entry.text("Exec") == "bad"
    assert entry.text("A", "X") == "b"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf[Desktop Entry]\nName=Caf\xc3\xa9\n",
        b"[Desktop Entry]\nName=Caf\xe9\n",
        "\ufeff[Desktop Entry]\nName=Café\n".encode("utf-16-le"),
    ],
)
def test_encodings(data: bytes) -> None:
    assert parse(data).text("Name") == "Café"


@pytest.mark.parametrize("data", [b"", b"\0" * 64, b"\x7fELF\x02\x01\xff\xfe", b"[\n]\n[]\n=\n=x"])
def test_what_is_no_desktop_entry_says_nothing(data: bytes) -> None:
    entry = parse(data)
    assert entry.text("Name") is None
    assert entry.program() is None
    assert entry.texts("MimeType") == ()
