"""Unit files of systemd."""

from __future__ import annotations

import pytest

from vedette.formats.unit import command, parse, program

SETTINGS = {
    "several": (b"[S]\nA=1\nA=2\n", ("1", "2")),
    "emptied": (b"[S]\nA=1\nA=\nA=2\n", ("2",)),
    "emptied at the end": (b"[S]\nA=1\nA=\n", ()),
    "comments": (b"[S]\n#A=1\n;A=2\nA=3\n", ("3",)),
    "spaces": (b"[S]\n  A =  x  y \n", ("x  y",)),
    "goes on": (b"[S]\nA=x \\\n  A=y \\\n z\n", ("x  A=y  z",)),
    "goes on behind a comment": (b"[S]\nA=x \\\n# not this\n y\n", ("x  y",)),
    "a comment goes nowhere": (b"[S]\n# note \\\nA=1\n", ("1",)),
    "goes on at the end": (b"[S]\nA=x \\", ("x",)),
    "lines of DOS": (b"[S]\r\nA=1\r\n", ("1",)),
    "another section": (b"[T]\nA=1\n", ()),
    "another case": (b"[S]\na=1\n", ()),
    "no section": (b"A=1\n", ()),
    "no setting": (b"[S]\nA\n", ()),
    "a value with an equals sign": (b"[S]\nA=b=c\n", ("b=c",)),
    "no text": (b"[S]\nA=caf\xe9\n", ("caf\N{REPLACEMENT CHARACTER}",)),
    "a separator of Unicode is no end of a line": ("[S]\nA=x\u2028y\n".encode(), ("x\u2028y",)),
    "nothing": (b"", ()),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_settings(case: str) -> None:
    content, expected = SETTINGS[case]
    assert parse(content).values("S", "A") == expected


def test_drop_ins_go_on_where_the_unit_ended() -> None:
    unit = parse(b"[S]\nA=1\nB=1\n", b"[S]\nA=2\n", b"[S]\nB=\nB=3\n")
    assert unit.values("S", "A") == ("1", "2")
    assert unit.values("S", "B") == ("3",)
    assert (unit.first("S", "A"), unit.last("S", "A")) == ("1", "2")
    assert unit.first("S", "none") is unit.last("S", "none") is None


@pytest.mark.parametrize("yes", ["yes", "true", "1", "on", "YES"])
def test_yes(yes: str) -> None:
    assert parse(f"[S]\nA={yes}\n".encode()).flag("S", "A")


@pytest.mark.parametrize("no", ["no", "false", "0", "off", "", "yes\nA=no"])
def test_no(no: str) -> None:
    assert not parse(f"[S]\nA={no}\n".encode()).flag("S", "A")


def test_commands() -> None:
    assert command("-!!+:@/usr/bin/tool  x ") == "/usr/bin/tool  x"
    assert program("-/usr/bin/tool --password=secret") == "/usr/bin/tool"
    assert program('"/opt/My Tool/run" x') == "/opt/My Tool/run"
    assert program('"/opt/unclosed x') == '"/opt/unclosed'
    assert program("-") is program("") is None
