"""What a program carries behind it or in its resources: installers, archives, launchers.

The overlays are made as the tools' own sources write them; tests/conformance asks the tools themselves.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import pytest

from tests.unit.filefacts.packers.views import carrying, compiled, name, zipped
from vedette.filefacts.packers import identify
from vedette.filefacts.packers.view import ResourceView

MEI = b"MEI\014\013\012\013\016"
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\0\4"
INNO = b"rDlPtS\xcd\xe6\xd7{\x0b\x2a"


def first_header(magic: bytes = b"NullsoftInst", flags: int = 0, following: int = 0) -> bytes:
    body = bytes(range(200))
    following = following or len(body) + 28
    return struct.pack("<II12sII", flags, 0xDEADBEEF, magic, 100, following) + body


@pytest.mark.parametrize("before", [0, 512, 1024])
def test_an_nsis_installer_has_its_first_header_at_the_beginning_of_a_block(before: int) -> None:
    assert name(carrying(bytes(before) + first_header())) == "NSIS"
    assert name(carrying(bytes(before + 8) + first_header())) is None


def test_an_nsis_installer_is_known_without_its_mark() -> None:
    assert name(carrying(first_header(magic=b"somethingelse"))) == "NSIS"
    assert name(carrying(first_header(magic=b"somethingelse", following=1 << 30))) is None


def test_an_nsis_uninstaller_says_so() -> None:
    packer = identify(carrying(first_header(flags=1)))
    assert packer is not None
    assert "uninstaller" in packer.evidence[0]


def cookie(magic: bytes = MEI, version: int = 311, library: bytes = b"python311.dll") -> bytes:
    data, contents = bytes(300), bytes(range(64))
    length = len(data) + len(contents) + 88
    fields = (magic, length, len(data), len(contents), version, library)
    return data + contents + struct.pack(">8sIIII64s", *fields)


@pytest.mark.parametrize("behind", [0, 7])
def test_a_pyinstaller_program_ends_with_a_cookie(behind: int) -> None:
    packer = identify(carrying(cookie() + bytes(behind)))
    assert packer is not None
    assert packer.name == "PyInstaller"
    assert "it is for Python 3.11" in packer.evidence


def test_a_pyinstaller_program_is_known_without_the_mark() -> None:
    assert name(carrying(cookie(magic=b"ABCDEFGH"))) == "PyInstaller"
    assert name(carrying(cookie(magic=b"ABCDEFGH", library=b"perl5.dll"))) is None


def test_the_cookie_of_an_archive_that_does_not_fit_is_none() -> None:
    assert name(carrying(cookie()[200:])) is None


@pytest.mark.parametrize("line", [b"#!python.exe\r\n", b'#!"C:\\A folder\\pythonw.exe" -E\n'])
def test_a_launcher_has_the_interpreter_and_a_zip_behind_it(line: bytes) -> None:
    assert name(carrying(line + zipped("__main__.py"))) == "python-launcher-zip"
    assert name(carrying(line)) is None


def test_uv_puts_the_interpreter_behind_the_zip() -> None:
    path = b"C:\\Python\\python.exe"
    tail = path + struct.pack("<I", len(path)) + b"UVSC"
    assert name(carrying(zipped("__main__.py") + tail)) == "python-launcher-zip"


def test_a_zip_may_have_anything_before_it() -> None:
    assert name(carrying(zipped("setup.py", "a/b.txt"))) == "ZIP SFX"
    assert name(carrying(b"[metadata]\nname=x\n" + zipped("a"))) == "ZIP SFX"


def test_a_zip_may_count_from_the_files_beginning() -> None:
    archive = bytearray(zipped("a"))
    place = archive.rfind(b"PK\5\6") + 16
    directory = struct.unpack_from("<I", archive, place)[0]
    struct.pack_into("<I", archive, place, directory + 0x20000)
    assert name(carrying(bytes(archive))) == "ZIP SFX"


def test_the_end_of_a_zip_that_is_not_there_is_none() -> None:
    archive = zipped("a", "b", "c")
    assert name(carrying(archive[archive.rfind(b"PK\5\6") :])) is None
    assert name(carrying(zipped())) is None


def seven_zip() -> bytes:
    start = struct.pack("<QQI", 100, 50, 0)
    return SEVEN_ZIP + struct.pack("<I", zlib.crc32(start)) + start + bytes(150)


def test_a_7z_archive_has_the_checksum_of_its_start() -> None:
    assert name(carrying(seven_zip())) == "7-Zip SFX"
    assert name(carrying(b';!@Install@!UTF-8!\nTitle="x"\n' + seven_zip())) == "7-Zip SFX"
    assert name(carrying(SEVEN_ZIP + bytes(200))) is None


@pytest.mark.parametrize(
    "head", [b"Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0", b"Rar!\x1a\7\1\0\x33\x92\xb5\xe5\x0a\1"]
)
def test_a_rar_archive_is_of_the_old_format_or_the_fifth(head: bytes) -> None:
    assert name(carrying(head + bytes(200))) == "RAR SFX"
    assert name(carrying(head[:6] + bytes(200))) is None


def cabinet(size: int = 300) -> bytes:
    head = struct.pack("<4s4xI4xI4xBB", b"MSCF", size, 0x2C, 3, 1)
    return head + bytes(300 - len(head))


def test_a_cabinet_is_behind_the_program_or_where_iexpress_puts_it() -> None:
    assert name(carrying(cabinet())) == "CAB SFX"
    assert name(carrying(cabinet(size=1 << 20))) is None
    leaf = ResourceView(type=10, name="CABINET", language=1033, size=300, head=cabinet()[:64])
    assert name(replace(compiled(), resources=(leaf,))) == "CAB SFX"
    assert name(replace(compiled(), resources=(replace(leaf, name="HELP"),))) is None


def offsets(version: int, total: int = 0x9000) -> bytes:
    form = {1: "<12sIIIIIII", 2: "<12sIQQIIQQI"}[version]
    where = (0x8000, 0x1000, 7, 0x4000, 0x2000)
    table = struct.pack(form, INNO, version, total, *where, *([0] if version == 2 else []))
    return table + struct.pack("<I", zlib.crc32(table))


@pytest.mark.parametrize("version", [1, 2])
def test_an_inno_setup_installer_has_a_table_of_offsets_in_its_resources(version: int) -> None:
    leaf = ResourceView(type=10, name=11111, language=0, size=64, head=offsets(version))
    assert name(replace(compiled(), resources=(leaf,))) == "Inno Setup"
    assert name(replace(compiled(), resources=(replace(leaf, name="OTHER"),))) == "Inno Setup"


def test_an_inno_setup_loader_alone_is_no_installer() -> None:
    empty = ResourceView(type=10, name=11111, language=0, size=44, head=bytes(44))
    out = replace(empty, head=offsets(1, total=0x10))
    assert name(replace(compiled(), resources=(empty, out))) is None


def test_older_inno_setup_has_a_pointer_in_the_dos_header() -> None:
    pointer = struct.pack("<II", 0x3000, 0xFFFFFFFF ^ 0x3000)
    view = replace(compiled(), head=bytes(0x30) + b"Inno" + pointer)
    assert name(view) == "Inno Setup"
    assert name(replace(view, head=bytes(0x30) + b"Inno" + bytes(8))) is None
