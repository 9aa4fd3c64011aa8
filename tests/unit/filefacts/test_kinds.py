"""Kinds of files, made by the tools that make them, and what only looks like one."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest
import zstandard

from tests.unit.filefacts.forge import Forge
from vedette.filefacts.facts import Kind
from vedette.filefacts.kinds import kind_of


def zipped(members: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for n in range(members):
            archive.writestr(f"{n}", b"member")
    return made.getvalue()


def tarred(form: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        member = tarfile.TarInfo("name")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"body"))
    return made.getvalue()


def old_tar() -> bytes:
    """A header as Unix version 7 wrote it: no magic, and the checksum over the block."""
    block = bytearray(b"name".ljust(100, b"\0") + b"000644 \0" * 3 + b"00000000004 " * 2)
    block = block.ljust(512, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + b"body".ljust(512, b"\0")


BINARY_CPIO = b"\xc7\x71" + bytes(18) + b"\5\0" + bytes(4) + b"name\0\0"

ARCHIVES = {
    "zip": zipped(1),
    "empty zip": zipped(0),
    "gzip": gzip.compress(b"text"),
    "bzip2": bz2.compress(b"text"),
    "empty bzip2": bz2.compress(b""),
    "xz": lzma.compress(b"text"),
    "zstd": zstandard.compress(b"text"),
    "ustar": tarred(tarfile.USTAR_FORMAT),
    "gnu tar": tarred(tarfile.GNU_FORMAT),
    "pax": tarred(tarfile.PAX_FORMAT),
    "old tar": old_tar(),
    "7z": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24),
    "rar 4": b"Rar!\x1a\x07\0" + bytes(20),
    "rar 5": b"Rar!\x1a\x07\1\0" + bytes(20),
    "cabinet": b"MSCF" + bytes(40),
    "deb": b"!<arch>\ndebian-binary   ",
    "cpio": b"070701" + b"0" * 104 + b"name\0",
    "binary cpio": BINARY_CPIO,
    "swapped cpio": b"\x71\xc7" + bytes(18) + b"\0\5" + bytes(4) + b"name\0\0",
    "iso": bytes(0x8000) + b"\1CD001\1" + bytes(2041),
}

POWERSHELL = b"""# tidy up
param([string]$Path)
$files = Get-ChildItem $Path
foreach ($file in $files) { if ($file.Length -gt 10) { Remove-Item $file } }
"""
VBSCRIPT = b"""' start it
Option Explicit
Dim shell
Set shell = CreateObject("WScript.Shell")
shell.Run "notepad"
"""
JAVASCRIPT = b"""var fso = new ActiveXObject("Scripting.FileSystemObject");
function run(name) { WScript.Echo(name); }
run(typeof fso);
"""

SCRIPTS = {
    "shell": b"#!/bin/sh\nexit 0\n",
    "spaced": b"#! /usr/bin/env python3\n",
    "marked": b"\xef\xbb\xbf#!/bin/sh\n",
    "batch": b"\r\n@Echo OFF\r\ndir\r\n",
    "php": b"<?php\necho 1;\n",
    "powershell": POWERSHELL,
    "wide powershell": b"\xff\xfe" + POWERSHELL.decode().encode("utf-16-le"),
    "vbscript": VBSCRIPT,
    "javascript": JAVASCRIPT,
}

OTHERS = {
    "nothing": b"",
    "prose": b"Set the value, then call function f(x). Dim the lights; end if it is dark.\n",
    "json": b'{"script": "var a = 1; function f() { return typeof a === 1; }"}',
    "html": b"<html><script>var a = 1; function f() { window.open(a === 1); }</script>",
    "markdown": b"# Use\n```js\nvar a = 1;\nfunction f() { console.log(typeof a); }\n```\n",
    "c": b"#include <stdio.h>\nint main(void) { const char *a = 0; return a == 0; }\n",
    "python": b"import os\n\ndef main():\n    print(os.name)\n",
    "comment": b"#!not a path\n",
    "dos program": b"MZ" + bytes(200),
    "binary with a script in it": bytes(10) + JAVASCRIPT,
    "cpio's two bytes": b"\xc7\x71" + bytes(range(100)),
    "half a bzip2": b"BZh9 is a nice name",
    "almost a tar": old_tar().replace(b"name", b"game"),
}

CASES: list[tuple[str, bytes, Kind]] = [
    ("pe", Forge(b"x").build(), "pe"),
    ("elf", b"\x7fELF\2\1\1" + bytes(60), "elf"),
    *((name, data, "archive") for name, data in ARCHIVES.items()),
    *((name, data, "script") for name, data in SCRIPTS.items()),
    *((name, data, "other") for name, data in OTHERS.items()),
]


@pytest.mark.parametrize(("data", "kind"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_kind(data: bytes, kind: Kind) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    "unit", [b" ", b"(", b"function(", b"function ", b"$a", b"import x ", b"\t\n", b"dim a,"]
)
@pytest.mark.timeout(5)
def test_no_text_takes_long(unit: bytes) -> None:
    assert kind_of(unit * (65536 // len(unit))) == "other"
